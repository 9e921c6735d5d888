/**
 * Equivalent keys: the keys that were found behind a VURL key's URL, by which its content is verified (`.log.ek`, a
 * presence log of keys).
 *
 *     1795350000s 1 SHA256E-s3--98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4
 */

import type { ByteString } from '../util/byte-string.ts';
import { parseKey, type Key } from '../types/key.ts';
import { changePresenceLog, parsePresenceLog, presentInfos } from './family/presence-log.ts';
import { checkLogText } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** The equivalent keys, sorted. */
export function parseEquivalentKeysLog(content: ByteString): Key[] {
  return presentInfos(parsePresenceLog(content)).flatMap((info) => parseKey(info) ?? []);
}

/** The whole file after equivalent keys were found; undefined where the log has them. */
export function changeEquivalentKeysLog(
  content: ByteString,
  change: { readonly keys: Iterable<Key>; readonly nowSeconds: number },
): ByteString | undefined {
  const statuses = new Map([...change.keys].map((key) => [checkLogText(key, 'a key'), 'present' as const]));
  return changePresenceLog(content, { statuses, now: vectorClockFromSeconds(change.nowSeconds) });
}
