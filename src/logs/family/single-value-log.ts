/**
 * Logs that hold a single value for the whole repository: `CLOCK SP VALUE`.
 *
 *     1795350000s 2
 *
 * The newest line counts; of several with one clock the greatest value.
 */

import type { ByteString } from '../../util/byte-string.ts';
import { formatLogLines, logLines } from '../log-lines.ts';
import {
  advanceVectorClock,
  compareVectorClocks,
  formatVectorClock,
  parseVectorClock,
  type VectorClock,
} from '../vector-clock.ts';
import type { LogEntry, ValueFormat } from './keyed-log.ts';

export interface ComparableFormat<T> extends ValueFormat<T> {
  compare(left: T, right: T): number;
}

/** The current value; undefined where there is none. */
export function parseSingleValueLog<T>(
  content: ByteString,
  format: ComparableFormat<T>,
): LogEntry<T> | undefined {
  let newest: LogEntry<T> | undefined;
  for (const line of logLines(content)) {
    const clockEnd = line.indexOf(' ');
    const clock = clockEnd === -1 ? undefined : parseVectorClock(line.slice(0, clockEnd));
    const value = clock === undefined ? undefined : format.parse(line.slice(clockEnd + 1));
    if (value === undefined) continue;
    const order = newest === undefined ? 1 : compareVectorClocks(clock, newest.clock);
    if (newest === undefined || order > 0 || (order === 0 && format.compare(value, newest.value) > 0)) {
      newest = { clock, value };
    }
  }
  return newest;
}

/** The whole file after a change: one line. */
export function changeSingleValueLog<T>(
  content: ByteString,
  change: { readonly format: ComparableFormat<T>; readonly value: T; readonly now: VectorClock },
): ByteString {
  const existing = parseSingleValueLog(content, change.format);
  const clock = advanceVectorClock(existing?.clock, change.now);
  return formatLogLines([`${formatVectorClock(clock)} ${change.format.format(change.value)}`]);
}
