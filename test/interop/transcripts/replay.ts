// Plays a fixture to one server and puts what it answered beside what it should have, both as the text of a
// transcript, so that a difference is read in its place.
import { withHeard, withoutReason } from './fixtures.ts';
import { formatConversation } from './format-transcript.ts';
import type { Heard } from './play.ts';
import { Session } from './session.ts';
import type { Storekeepers } from './storekeepers.ts';
import {
  answersOf,
  type Conversation,
  type ServerName,
  type Setting,
  type Transcript,
} from './transcript.ts';
import type { TranscriptWorld } from './world.ts';

export interface Where {
  readonly server: ServerName;
  readonly world: TranscriptWorld;
  readonly keepers: Storekeepers;
}

export interface Replayed {
  /** The conversations as they went. */
  readonly given: string;
  /** And as they should have gone. */
  readonly wanted: string;
  /** What was heard in each. */
  readonly heard: readonly Heard[];
}

/** @param how `record` listens to all; `first-difference` ends with the first conversation that went otherwise */
export async function replay(
  fixture: Transcript,
  where: Where,
  how: 'check' | 'record' | 'first-difference' = 'check',
): Promise<Replayed> {
  const { server } = where;
  const all: Heard[] = [];
  const given: string[] = [];
  const wanted: string[] = [];
  for (const conversation of fixture.conversations) {
    const reads = readsAs(server, [...fixture.settings, ...conversation.settings]);
    const expect = how === 'record' ? undefined : server;
    const heard = await new Session(fixture, conversation, { ...where, expect, reads }).play();
    all.push(heard);
    given.push(render(conversation, heard));
    wanted.push(render(conversation, expectedOf(conversation, server, reads)));
    if (how === 'first-difference' && given.at(-1) !== wanted.at(-1)) break;
  }
  return { given: given.join('\n'), wanted: wanted.join('\n'), heard: all };
}

/** What a session tells people when it dies is worded differently by Annexus; what a command says is not. */
export function readsAs(server: ServerName, settings: readonly Setting[]): (answer: string) => string {
  const isCommand = settings.some(({ name }) => name === 'command');
  return server === 'annexus' && !isCommand ? withoutReason : (answer) => answer;
}

function render(conversation: Conversation, heard: Heard): string {
  const steps = withHeard(conversation, 'latest', heard).steps.map((step) =>
    step.type === 'hear'
      ? { ...step, answers: { ...step.answers, stable: step.answers.latest, differs: [] } }
      : step,
  );
  return formatConversation({ ...conversation, steps }).join('\n');
}

// After its end a server has no answers, whatever the transcript has for others.
function expectedOf(
  conversation: Conversation,
  server: ServerName,
  reads: (answer: string) => string,
): Heard {
  let ended = false;
  const hears = conversation.steps.filter((step) => step.type === 'hear');
  return hears.map(({ answers }) => {
    const expected = ended ? undefined : answersOf(answers, server)?.map(reads);
    ended ||= expected?.at(-1)?.startsWith('(exit ') === true;
    return expected;
  });
}
