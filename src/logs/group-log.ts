/**
 * group.log: the groups that each repository is in.
 *
 *     468a6a9f-0d4f-4aee-a5f7-c2fb44e4e2e2 archive backup timestamp=1795351094s
 */

import type { ByteString } from '../util/byte-string.ts';
import type { UUID } from '../types/uuid.ts';
import { valuesByUUID, type ValueFormat } from './family/keyed-log.ts';
import { changeOldUUIDLog, parseOldUUIDLog } from './family/old-uuid-log.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';
import { sortedWords } from './words.ts';

/** The groups of each repository, sorted. */
export function parseGroupLog(content: ByteString): Map<UUID, ReadonlySet<ByteString>> {
  return valuesByUUID(parseOldUUIDLog(content, groupSet));
}

/** The repositories of each group: the other direction of the same relation. */
export function uuidsByGroup(
  groups: ReadonlyMap<UUID, ReadonlySet<ByteString>>,
): Map<ByteString, ReadonlySet<UUID>> {
  const members = new Map<ByteString, Set<UUID>>();
  for (const [uuid, names] of groups) {
    for (const name of names) {
      const uuids = members.get(name);
      if (uuids === undefined) members.set(name, new Set([uuid]));
      else uuids.add(uuid);
    }
  }
  return members;
}

/** The whole file after a repository was put into just these groups. */
export function changeGroupLog(
  content: ByteString,
  change: { readonly uuid: UUID; readonly groups: Iterable<ByteString>; readonly nowSeconds: number },
): ByteString {
  return changeOldUUIDLog(content, {
    field: checkLogWord(change.uuid, 'a UUID'),
    value: new Set([...change.groups].map((group) => checkLogWord(group, 'the name of a group'))),
    now: vectorClockFromSeconds(change.nowSeconds),
    format: groupSet,
  });
}

const groupSet: ValueFormat<ReadonlySet<ByteString>> = {
  parse: (text) => new Set(sortedWords(text.split(' ').filter((word) => word !== ''))),
  format: (groups) => sortedWords(groups).join(' '),
};
