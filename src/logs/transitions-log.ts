/**
 * transitions.log: rewrites of the branch that all repositories are to make, too (`git-annex forget`).
 *
 *     ForgetGitHistory 1387325539.685136s
 *     ForgetDeadRemotes 1387325539.685136s
 *
 * A set of lines: a transition made again has another clock and is another one. A name that is not known here belongs
 * to a newer git-annex; who meets one must not merge that branch.
 */

import { compareByteStrings, type ByteString } from '../util/byte-string.ts';
import { formatLogLines, logLines } from './log-lines.ts';
import {
  compareVectorClocks,
  formatVectorClock,
  parseVectorClock,
  vectorClockFromSeconds,
  type VectorClock,
} from './vector-clock.ts';

export type KnownTransition = 'ForgetGitHistory' | 'ForgetDeadRemotes';

export interface TransitionLine {
  readonly transition: ByteString;
  readonly clock: VectorClock;
}

/** The transitions, each once, in the order in which git-annex writes them. */
export function parseTransitionsLog(content: ByteString): TransitionLine[] {
  const lines = new Map<ByteString, TransitionLine>();
  for (const line of logLines(content)) {
    const [transition = '', stamp = '', ...rest] = line.split(' ');
    const clock = parseVectorClock(stamp);
    if (transition === '' || clock === undefined || rest.length > 0) continue;
    lines.set(formatLine({ transition, clock }), { transition, clock });
  }
  return [...lines.values()].sort(
    (left, right) =>
      compareVectorClocks(left.clock, right.clock) ||
      rank(left.transition) - rank(right.transition) ||
      compareByteStrings(left.transition, right.transition),
  );
}

export function isKnownTransition(transition: ByteString): transition is KnownTransition {
  return rank(transition) < known.length;
}

/** The whole file after transitions were asked for; undefined where it has these lines. */
export function changeTransitionsLog(
  content: ByteString,
  change: { readonly transitions: Iterable<KnownTransition>; readonly nowSeconds: number },
): ByteString | undefined {
  const clock = vectorClockFromSeconds(change.nowSeconds);
  const before = parseTransitionsLog(content);
  const added = [...change.transitions].map((transition) => formatLine({ transition, clock }));
  const after = parseTransitionsLog(formatLogLines([...before.map(formatLine), ...added]));
  return after.length === before.length ? undefined : formatLogLines(after.map(formatLine));
}

function formatLine({ transition, clock }: TransitionLine): ByteString {
  return `${transition} ${formatVectorClock(clock)}`;
}

function rank(transition: ByteString): number {
  const index = known.indexOf(transition);
  return index === -1 ? known.length : index;
}

const known: readonly ByteString[] = ['ForgetGitHistory', 'ForgetDeadRemotes'];
