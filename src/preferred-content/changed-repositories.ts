/** Repositories as they would be without some of them, and with new ones: to ask what would follow before it is done. */

import { AnnexError } from '../types/annex-error.ts';
import type { UUID } from '../types/uuid.ts';
import { byteStringToText, type ByteString } from '../util/byte-string.ts';
import type { Repositories } from './repositories.ts';
import { standardGroups } from './standard-groups.ts';

/** Without these: in no group, with no expression, and never a candidate. */
export function withoutRepositories(repositories: Repositories, gone: ReadonlySet<UUID>): Repositories {
  const stays = ([uuid]: readonly [UUID, unknown]): boolean => !gone.has(uuid);
  return {
    ...repositories,
    preferred: new Map([...repositories.preferred].filter(stays)),
    required: new Map([...repositories.required].filter(stays)),
    groups: new Map([...repositories.groups].filter(stays)),
    members: new Map(
      [...repositories.members].map(([group, uuids]) => [
        group,
        new Set([...uuids].filter((uuid) => !gone.has(uuid))),
      ]),
    ),
    unavailable: new Set([...repositories.unavailable, ...gone]),
  };
}

export interface NewRepository {
  readonly uuid: UUID;
  readonly groups: readonly ByteString[];
  /** Bytes; undefined for no limit. */
  readonly maxSize?: bigint | undefined;
}

/**
 * With a new, empty one in these groups, which wants what the other members want, else `groupwanted` or `standard`. Throws
 * AnnexError('config') where that gives no expression.
 */
export function withRepository(repositories: Repositories, added: NewRepository): Repositories {
  const { uuid, groups, maxSize } = added;
  const members = new Map(repositories.members);
  for (const group of groups) members.set(group, new Set([...(members.get(group) ?? []), uuid]));
  return {
    ...repositories,
    preferred: new Map([...repositories.preferred, [uuid, expressionFor(groups, repositories)]]),
    groups: new Map([...repositories.groups, [uuid, new Set(groups)]]),
    members,
    maxSizeOf: (one) => (one === uuid ? maxSize : repositories.maxSizeOf(one)),
  };
}

function expressionFor(groups: readonly ByteString[], repositories: Repositories): ByteString {
  const used = new Set<ByteString>();
  for (const group of groups) {
    for (const uuid of repositories.members.get(group) ?? []) {
      const expression = repositories.preferred.get(uuid);
      if (expression !== undefined) used.add(expression);
    }
  }
  const [only, another] = used;
  if (only !== undefined && another === undefined) return only;
  if (groups.some((group) => repositories.groupPreferred.has(group))) return 'groupwanted';
  if (groups.some((group) => standardGroups.has(group))) return 'standard';
  const names = groups.map(byteStringToText).join(', ');
  throw new AnnexError(
    'config',
    `what a new repository in ${names} wants is not known: the group has no groupwanted expression, and its members ${only === undefined ? 'have none' : 'differ'}`,
  );
}
