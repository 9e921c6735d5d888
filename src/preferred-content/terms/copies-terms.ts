/**
 * `copies`, `lackingcopies` and `approxlackingcopies`. Clusters are no copies of their own; repositories that are not
 * trusted count for `copies` only.
 */

import { AnnexError } from '../../types/annex-error.ts';
import { isClusterUUID } from '../../types/cluster-uuid.ts';
import type { UUID } from '../../types/uuid.ts';
import { parseHaskellInteger } from '../../logs/haskell-integer.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { makeTerm, type Situation, type Term } from '../term.ts';
import {
  allRepositories,
  groupLimit,
  groupMembers,
  trustOrGroup,
  type RepositoryLimit,
} from './repository-limit.ts';

/** Whether there are this many copies, or more. Throws `config` as the other two do. */
export function copiesTerm(value: ByteString, text: ByteString): Term {
  const { count, limit } = parseCount(value, {
    badNumber: 'bad number for copies',
    badValue: 'bad value for copies',
    beforeColon: trustOrGroup,
  });
  return makeTerm({
    text,
    needs: ['locations'],
    groups: limit.groups,
    judge: (situation) => BigInt(countCopies(situation, limit)) >= count,
  });
}

/** Whether this many copies, or more, are missing from what numcopies asks for. */
export function lackingCopiesTerm(value: ByteString, text: ByteString): Term {
  const { count, limit } = parseCount(value, ofLacking);
  return makeTerm({
    text,
    needs: ['locations', 'numcopies'],
    groups: limit.groups,
    judge: (situation) => BigInt(lackingCopies(situation, limit)) >= count,
  });
}

/** As `lackingcopies`, with the numcopies of the whole repository. */
export function approxLackingCopiesTerm(value: ByteString, text: ByteString): Term {
  const { count, limit } = parseCount(value, ofLacking);
  return makeTerm({
    text,
    needs: ['locations'],
    groups: limit.groups,
    judge: (situation) =>
      BigInt(situation.repositories.approxNumCopies - countSafeCopies(situation, limit)) >= count,
  });
}

/** The copies in these repositories. */
export function countCopies(situation: Situation, limit: RepositoryLimit): number {
  const { locations, assumeAbsent, repositories } = situation;
  let count = 0;
  for (const uuid of locations) {
    if (assumeAbsent.has(uuid) || isClusterUUID(uuid)) continue;
    if (limit.includes(uuid, repositories)) count++;
  }
  return count;
}

/** How many copies the file is short of; negative where there are more. */
export function lackingCopies(situation: Situation, limit: RepositoryLimit): number {
  return situation.subject.numCopies - countSafeCopies(situation, limit);
}

function countSafeCopies(situation: Situation, limit: RepositoryLimit): number {
  const isSafe = (uuid: UUID): boolean => situation.repositories.trustOf(uuid) !== 'untrusted';
  return countCopies(situation, {
    groups: limit.groups,
    includes: (uuid, repositories) => isSafe(uuid) && limit.includes(uuid, repositories),
  });
}

interface CountOptions {
  /** What git-annex says. */
  readonly badNumber: string;
  readonly badValue: string;
  readonly beforeColon: (word: ByteString) => RepositoryLimit;
}

/** `N`, `WORD:N` or `LIMIT=N`. */
function parseCount(
  value: ByteString,
  { badNumber, badValue, beforeColon }: CountOptions,
): { readonly count: bigint; readonly limit: RepositoryLimit } {
  // With more than one `:` those are part of a limit.
  const byColon = value.split(':');
  const byEquals = value.split('=');
  const isOfWord = byColon.length === 2;
  const isOfLimit = !isOfWord && byEquals.length > 1;
  if (isOfLimit && byEquals.length > 2) throw new AnnexError('config', badValue);
  const [word = '', number = value] = isOfWord ? byColon : isOfLimit ? byEquals : ['', value];
  const count = parseHaskellInteger(number);
  if (count === undefined) throw new AnnexError('config', badNumber);
  const limit = isOfWord ? beforeColon(word) : isOfLimit ? groupLimit(word) : allRepositories;
  return { count, limit };
}

const ofLacking: CountOptions = {
  badNumber: 'bad value for number of lacking copies',
  badValue: 'bad value for number of lacking copies',
  beforeColon: groupMembers,
};
