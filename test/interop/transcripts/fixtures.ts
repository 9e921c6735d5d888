// The fixtures on disk, and how a recording is written back into them. RECORD=1 rewrites what git-annex answers,
// RECORD=annexus the lines of Annexus: where it differs without a name yet they are marked `A[?]`, which no list of
// differences has, so that the tests go on failing until somebody has named them.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { formatTranscript } from './format-transcript.ts';
import { parseTranscript } from './parse-transcript.ts';
import type { Heard } from './play.ts';
import type { Answers, Conversation, ServerName, Transcript } from './transcript.ts';

const directory: string = fileURLToPath(new URL('../../../fixtures/p2p/', import.meta.url));

/** All fixtures, or those whose names contain what TRANSCRIPTS says. */
export async function readFixtures(): Promise<Transcript[]> {
  const wanted = process.env['TRANSCRIPTS'] ?? '';
  const names = (await readdir(directory)).filter((name) => name.endsWith('.transcript'));
  const read = names
    .sort()
    .filter((name) => name.includes(wanted))
    .map(readFixture);
  return await Promise.all(read);
}

async function readFixture(file: string): Promise<Transcript> {
  const name = file.replace(/\.transcript$/, '');
  try {
    return parseTranscript(name, await readFile(directory + file, 'utf8'));
  } catch (error) {
    throw new Error(`fixtures/p2p/${file}: ${String(error)}`, { cause: error });
  }
}

export async function writeFixture(transcript: Transcript): Promise<void> {
  await writeFile(`${directory}${transcript.name}.transcript`, formatTranscript(transcript));
}

/** The conversation with the answers of one server put in. */
export function withHeard(conversation: Conversation, server: ServerName, heard: Heard): Conversation {
  let at = 0;
  const steps = conversation.steps.map((step) => {
    if (step.type !== 'hear') return step;
    const answers = heard[at++];
    return { ...step, answers: recorded(step.answers, server, answers) };
  });
  return { ...conversation, steps };
}

function recorded(answers: Answers, server: ServerName, heard: readonly string[] | undefined): Answers {
  if (server !== 'annexus') return { ...answers, [server]: heard };
  const marked = answers.differs.map(({ answer }) => answer);
  if (isDeepStrictEqual(heard ?? [], marked)) return answers;
  const same = heard === undefined || isSame(heard, answers.latest);
  const differs = same ? [] : heard.map((answer) => ({ difference: '?', answer }));
  return { ...answers, differs };
}

// The reason of an end is compared only where it was heard.
function isSame(heard: readonly string[], theirs: readonly string[] | undefined): boolean {
  return isDeepStrictEqual(heard, theirs) || isDeepStrictEqual(heard, theirs?.map(withoutReason));
}

/** What stands after `(exit 1)` is for people, and programs word it differently. */
export function withoutReason(answer: string): string {
  return answer.replace(/^(\(exit -?\d+\)) .*/s, '$1');
}
