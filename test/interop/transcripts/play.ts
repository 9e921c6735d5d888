// Plays a conversation to a server and says what it answered. In recording it listens until the server falls silent;
// in checking it reads as many answers as are expected, so that nobody waits for a silence, and the end of the
// conversation shows whatever came besides. Once something differs, it goes on as in recording.
import { isDeepStrictEqual } from 'node:util';
import { contentBytes, fillIn, type Names } from './names.ts';
import type { Peer } from './peer.ts';
import { answersOf, type Answers, type Conversation, type ServerName } from './transcript.ts';

/** What was heard at each `hear` step; undefined where the server had ended before. */
export type Heard = readonly (readonly string[] | undefined)[];

export interface PlayOptions {
  readonly names: Names;
  /** Whose answers are expected; without it, all is recorded. */
  readonly expect?: ServerName | undefined;
  /** What is recorded are answers of Annexus. */
  readonly recordsOurs?: boolean;
  /** Changes an answer before it is compared. */
  readonly reads?: (answer: string) => string;
}

// How long an expected answer may take, and how long a silence is before it counts as one.
const answerMs = 30_000;
const silenceMs = 2_000;
const expectedSilenceMs = 500;
const endMs = 20_000;

export async function play(conversation: Conversation, peer: Peer, options: PlayOptions): Promise<Heard> {
  const { names, expect, reads = (answer) => answer } = options;
  const heard: (readonly string[] | undefined)[] = [];
  const last = conversation.steps.findLast((step) => step.type === 'hear');
  let closed = false;
  let asExpected = expect !== undefined;
  for (const step of conversation.steps) {
    if (step.type === 'send') {
      peer.send(Buffer.from(fillIn(step.text, names) + (step.ended ? '\n' : ''), 'latin1'));
    } else if (step.type === 'send-content') {
      peer.send(contentBytes(step.text, names));
    } else if (step.type === 'end') {
      peer.close();
      closed = true;
    } else if (step.type === 'hear') {
      const expected = expect === undefined ? undefined : answersOf(step.answers, expect)?.map(reads);
      const counts = asExpected && step !== last;
      if (peer.ended || (counts && expected === undefined) || isOnlyOurs(step.answers, options))
        heard.push(undefined);
      else if (counts && expected !== undefined) heard.push(await hearExpected(peer, expected, reads));
      else heard.push(await hearAll(peer, { toTheEnd: closed || asExpected, reads }));
      asExpected &&= isDeepStrictEqual(heard.at(-1), expected);
    }
  }
  return heard;
}

// Where only Annexus says something, the recording of git-annex goes on.
function isOnlyOurs({ stable, latest, differs }: Answers, { expect, recordsOurs }: PlayOptions): boolean {
  if (expect !== undefined || recordsOurs === true) return false;
  return stable === undefined && latest === undefined && differs.length > 0;
}

async function hearExpected(
  peer: Peer,
  expected: readonly string[],
  reads: (answer: string) => string,
): Promise<string[]> {
  const answers: string[] = [];
  for (const want of expected) {
    if (peer.ended) break;
    const answer = reads(await peer.answer(want === '(nothing)' ? expectedSilenceMs : answerMs));
    answers.push(answer);
    if (answer !== want) break;
  }
  return answers;
}

// After DATA and its bytes the validity comes, and after an ERROR perhaps the end: these get more time.
interface HearOptions {
  readonly toTheEnd: boolean;
  readonly reads: (answer: string) => string;
}

// After DATA and its bytes the validity comes, and after an ERROR perhaps the end: these get more time.
async function hearAll(peer: Peer, { toTheEnd, reads }: HearOptions): Promise<string[]> {
  const answers = [await peer.answer(toTheEnd ? endMs : silenceMs)];
  while (!peer.ended && answers.at(-1) !== '(nothing)') {
    const last = answers.at(-1) ?? '';
    const moreMs = /^(?:\+|DATA)/.test(last) ? 1_000 : last.startsWith('ERROR') ? 500 : 150;
    answers.push(await peer.answer(toTheEnd ? endMs : moreMs));
  }
  if (answers.length > 1 && answers.at(-1) === '(nothing)') answers.pop();
  return answers.map(reads);
}
