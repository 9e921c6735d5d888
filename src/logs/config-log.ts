/**
 * config.log: settings for all clones of the repository (`git annex config`).
 *
 *     1795350000s annex.securehashesonly true
 */

import type { ByteString } from '../util/byte-string.ts';
import { rawValue } from './family/keyed-log.ts';
import { changeMapLog, parseMapLog } from './family/map-log.ts';
import { checkLogText, checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** The settings; one with an empty value is not set. */
export function parseConfigLog(content: ByteString): Map<ByteString, ByteString> {
  const settings = new Map<ByteString, ByteString>();
  for (const [name, { value }] of parseMapLog(content, rawValue)) if (value !== '') settings.set(name, value);
  return settings;
}

/** The whole file after a change; the empty value unsets. */
export function changeConfigLog(
  content: ByteString,
  change: { readonly name: ByteString; readonly value: ByteString; readonly nowSeconds: number },
): ByteString {
  return changeMapLog(content, {
    field: checkLogWord(change.name, 'the name of a setting'),
    value: checkLogText(change.value, `the value of ${change.name}`),
    now: vectorClockFromSeconds(change.nowSeconds),
    format: rawValue,
  });
}
