/**
 * group-preferred-content.log: the expression that `groupwanted` stands for in each group.
 *
 *     1795350000s backup fullybalanced=backup
 */

import type { ByteString } from '../util/byte-string.ts';
import { rawValue } from './family/keyed-log.ts';
import { changeMapLog, parseMapLog } from './family/map-log.ts';
import { checkLogText, checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** The expression of each group that has one; an empty one counts as none. */
export function parseGroupPreferredContentLog(content: ByteString): Map<ByteString, ByteString> {
  const expressions = new Map<ByteString, ByteString>();
  for (const [group, { value }] of parseMapLog(content, rawValue))
    if (value !== '') expressions.set(group, value);
  return expressions;
}

/** The whole file after a change; the empty expression takes back what was there. */
export function changeGroupPreferredContentLog(
  content: ByteString,
  change: { readonly group: ByteString; readonly expression: ByteString; readonly nowSeconds: number },
): ByteString {
  return changeMapLog(content, {
    field: checkLogWord(change.group, 'the name of a group'),
    value: checkLogText(change.expression, 'a preferred content expression'),
    now: vectorClockFromSeconds(change.nowSeconds),
    format: rawValue,
  });
}
