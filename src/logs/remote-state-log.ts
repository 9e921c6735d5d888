/**
 * Remote state logs: one line of text about a key for each special remote, in the remote's own form (`.log.rmt`).
 *
 *     1287290776.765152s e605dca6-446a-11e0-8b2a-002170d25c55 blah blah
 */

import type { ByteString } from '../util/byte-string.ts';
import type { UUID } from '../types/uuid.ts';
import { rawValue, valuesByUUID } from './family/keyed-log.ts';
import { changeMapLog, parseMapLog } from './family/map-log.ts';
import { checkLogText, checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** The state of each remote. */
export function parseRemoteStateLog(content: ByteString): Map<UUID, ByteString> {
  return valuesByUUID(parseMapLog(content, rawValue));
}

/** The whole file after a change. */
export function changeRemoteStateLog(
  content: ByteString,
  change: { readonly uuid: UUID; readonly state: ByteString; readonly nowSeconds: number },
): ByteString {
  return changeMapLog(content, {
    field: checkLogWord(change.uuid, 'a UUID'),
    value: checkLogText(change.state, 'the state of a remote'),
    now: vectorClockFromSeconds(change.nowSeconds),
    format: rawValue,
  });
}
