/**
 * multicast.log: the fingerprint of each repository's key for `git-annex multicast`.
 *
 *     468a6a9f-0d4f-4aee-a5f7-c2fb44e4e2e2 Fingerprint "AB:CD" timestamp=1795351094s
 *
 * Kept as it stands: only its own command makes sense of it.
 */

import type { ByteString } from '../util/byte-string.ts';
import type { UUID } from '../types/uuid.ts';
import { rawValue, valuesByUUID } from './family/keyed-log.ts';
import { changeOldUUIDLog, parseOldUUIDLog } from './family/old-uuid-log.ts';
import { checkLogText, checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** The text of each repository's line. */
export function parseMulticastLog(content: ByteString): Map<UUID, ByteString> {
  return valuesByUUID(parseOldUUIDLog(content, rawValue));
}

/** The whole file after a change. `fingerprint` is the whole text, as `Fingerprint "…"`. */
export function changeMulticastLog(
  content: ByteString,
  change: { readonly uuid: UUID; readonly fingerprint: ByteString; readonly nowSeconds: number },
): ByteString {
  return changeOldUUIDLog(content, {
    field: checkLogWord(change.uuid, 'a UUID'),
    value: checkLogText(change.fingerprint, 'a fingerprint'),
    now: vectorClockFromSeconds(change.nowSeconds),
    format: rawValue,
  });
}
