/**
 * Which repositories a term of copies looks at.
 *
 *     copies=2                          all
 *     copies=archive:2                  a group
 *     copies=trusted:2                  a level of trust, or with `+` that one and higher
 *     copies=archive+backup-offsite=2   a group limit: in any of the groups with `+`, in none of those with `-`
 */

import type { TrustLevel } from '../../types/trust-level.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { Repositories } from '../repositories.ts';

export interface RepositoryLimit {
  readonly groups: readonly ByteString[];
  includes(uuid: UUID, repositories: Repositories): boolean;
}

export const allRepositories: RepositoryLimit = { groups: [], includes: () => true };

/** Those of a limit that are not in a group. */
export function outsideGroup(limit: RepositoryLimit, group: ByteString): RepositoryLimit {
  return {
    groups: limit.groups,
    includes: (uuid, repositories) =>
      repositories.groups.get(uuid)?.has(group) !== true && limit.includes(uuid, repositories),
  };
}

/** The members of a group. */
export function groupMembers(group: ByteString): RepositoryLimit {
  return { groups: [group], includes: (uuid, { groups }) => groups.get(uuid)?.has(group) === true };
}

/** What stands before the `:`: a level of trust, else the name of a group. */
export function trustOrGroup(word: ByteString): RepositoryLimit {
  const isAtLeast = word.endsWith('+');
  const rank = trustRanks.get(isAtLeast ? word.slice(0, -1) : word);
  if (rank === undefined) return groupMembers(word);
  return {
    groups: [],
    includes: (uuid, repositories) => {
      const own = trustRanks.get(repositories.trustOf(uuid)) ?? 0;
      return isAtLeast ? own >= rank : own === rank;
    },
  };
}

/** A group limit. Without a group to include, all repositories are. `alsoIncluded` is one more group with `+`. */
export function groupLimit(text: ByteString, alsoIncluded?: ByteString): RepositoryLimit {
  const included: ByteString[] = [];
  const excluded: ByteString[] = [];
  for (const [, sign, group = ''] of text.matchAll(/([-+]|^)([^-+]*)/g)) {
    if (group !== '') (sign === '-' ? excluded : included).push(group);
  }
  if (alsoIncluded !== undefined) included.push(alsoIncluded);
  return {
    groups: [...included, ...excluded],
    includes: (uuid, { groups }) => {
      const own = groups.get(uuid);
      return (
        (included.length === 0 || included.some((group) => own?.has(group) === true)) &&
        !excluded.some((group) => own?.has(group) === true)
      );
    },
  };
}

const trustOrder: readonly TrustLevel[] = ['dead', 'untrusted', 'semitrusted', 'trusted'];
const trustRanks: ReadonlyMap<string, number> = new Map(trustOrder.map((level, rank) => [level, rank]));
