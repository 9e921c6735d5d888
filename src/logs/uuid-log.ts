/**
 * uuid.log: what people call each repository.
 *
 *     468a6a9f-0d4f-4aee-a5f7-c2fb44e4e2e2 my laptop timestamp=1795351094s
 *
 * It is also the list of all repositories that there are. A line break in a description is written as `\n`, one way.
 */

import type { ByteString } from '../util/byte-string.ts';
import type { UUID } from '../types/uuid.ts';
import { rawValue, valuesByUUID } from './family/keyed-log.ts';
import { changeOldUUIDLog, parseOldUUIDLog } from './family/old-uuid-log.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** The description of each repository, which may be empty. */
export function parseUUIDLog(content: ByteString): Map<UUID, ByteString> {
  return valuesByUUID(parseOldUUIDLog(content, rawValue));
}

/** The whole file after a repository was described. Always a change: the newer time stamp says that this was said last. */
export function changeUUIDLog(
  content: ByteString,
  change: { readonly uuid: UUID; readonly description: ByteString; readonly nowSeconds: number },
): ByteString {
  return changeOldUUIDLog(content, {
    field: checkLogWord(change.uuid, 'a UUID'),
    value: change.description.replace(/\r?\n|\r/g, '\\n'),
    now: vectorClockFromSeconds(change.nowSeconds),
    format: rawValue,
  });
}
