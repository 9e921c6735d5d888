/**
 * difference.log: ways in which a repository was tuned when it was made, so that it must not be merged with others.
 *
 *     e605dca6-446a-11e0-8b2a-002170d25c55 fromList [ObjectHashLower] timestamp=1422387398.30395s
 *
 * All repositories of one branch have the same differences; a ref whose differences are others is not merged.
 */

import type { ByteString } from '../util/byte-string.ts';
import type { UUID } from '../types/uuid.ts';
import { valuesByUUID, type ValueFormat } from './family/keyed-log.ts';
import { changeOldUUIDLog, parseOldUUIDLog } from './family/old-uuid-log.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';
import { sortedWords } from './words.ts';

/**
 * The differences that are known: objects in lower hash directories only, in one level of them, the branch's logs in one
 * level, and the mark of the repositories of `git-annex sim`. Others are kept by name.
 */
export type Difference =
  | 'ObjectHashLower'
  | 'OneLevelObjectHash'
  | 'OneLevelBranchHash'
  | 'Simulation'
  | (ByteString & Record<never, never>);

/** The differences of each repository. */
export function parseDifferenceLog(content: ByteString): Map<UUID, ReadonlySet<Difference>> {
  return valuesByUUID(parseOldUUIDLog(content, differenceSet));
}

/** The differences of all repositories together: what two branches must have in common to be merged. */
export function allDifferences(content: ByteString): ReadonlySet<Difference> {
  const all = new Set<Difference>();
  for (const differences of parseDifferenceLog(content).values()) for (const one of differences) all.add(one);
  return all;
}

/** The whole file after a change. */
export function changeDifferenceLog(
  content: ByteString,
  change: { readonly uuid: UUID; readonly differences: Iterable<Difference>; readonly nowSeconds: number },
): ByteString {
  return changeOldUUIDLog(content, {
    field: checkLogWord(change.uuid, 'a UUID'),
    value: new Set([...change.differences].map((one) => checkLogWord(one, 'a difference'))),
    now: vectorClockFromSeconds(change.nowSeconds),
    format: differenceSet,
  });
}

function parseDifferences(text: ByteString): ReadonlySet<Difference> | undefined {
  const match = /^(?:fromList )?\[(.*)\]$/.exec(text);
  if (match === null) return undefined;
  return new Set((match[1] ?? '').split(',').filter((name) => name !== ''));
}

/** git-annex writes them in the order in which it declares them. */
function compareDifferences(left: Difference, right: Difference): number {
  return rank(left) - rank(right);
}

function rank(difference: Difference): number {
  const index = known.indexOf(difference);
  return index === -1 ? known.length : index;
}

const known: readonly Difference[] = [
  'ObjectHashLower',
  'OneLevelObjectHash',
  'OneLevelBranchHash',
  'Simulation',
];

const differenceSet: ValueFormat<ReadonlySet<Difference>> = {
  parse: parseDifferences,
  format: (differences) => `fromList [${sortedWords(differences).sort(compareDifferences).join(',')}]`,
};
