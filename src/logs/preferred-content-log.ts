/**
 * preferred-content.log and required-content.log: what each repository wants and must have, as expressions.
 *
 *     468a6a9f-0d4f-4aee-a5f7-c2fb44e4e2e2 include=*.mp3 and copies=archive:1 timestamp=1795351094s
 *
 * The text only: what does not parse as an expression is kept all the same, since another version may understand it.
 * Both files have the same form.
 */

import type { ByteString } from '../util/byte-string.ts';
import type { UUID } from '../types/uuid.ts';
import { rawValue, valuesByUUID } from './family/keyed-log.ts';
import { changeOldUUIDLog, parseOldUUIDLog } from './family/old-uuid-log.ts';
import { checkLogText, checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** The expression of each repository that has one; an empty one counts as none. */
export function parsePreferredContentLog(content: ByteString): Map<UUID, ByteString> {
  const all = valuesByUUID(parseOldUUIDLog(content, rawValue));
  return new Map([...all].filter(([, expression]) => expression !== ''));
}

/** The whole file after a change; the empty expression takes back what was there. */
export function changePreferredContentLog(
  content: ByteString,
  change: { readonly uuid: UUID; readonly expression: ByteString; readonly nowSeconds: number },
): ByteString {
  return changeOldUUIDLog(content, {
    field: checkLogWord(change.uuid, 'a UUID'),
    value: checkLogText(change.expression, 'a preferred content expression'),
    now: vectorClockFromSeconds(change.nowSeconds),
    format: rawValue,
  });
}
