/**
 * Map logs and the newer uuid-based logs: `CLOCK SP FIELD SP VALUE`.
 *
 *     1795350000s annex.securehashesonly true
 *     1795350000s 11111111-1111-4111-8111-111111111111 100000
 *
 * The field has no space and may be empty; the value is all that follows and may be empty too, but the space before it
 * must be there.
 */

import type { ByteString } from '../../util/byte-string.ts';
import { formatLogLines, logLines } from '../log-lines.ts';
import { formatVectorClock, parseVectorClock } from '../vector-clock.ts';
import {
  addEntry,
  setEntry,
  sortedEntries,
  type FieldChange,
  type KeyedLog,
  type LogEntry,
  type ValueFormat,
} from './keyed-log.ts';

/** The current value of each field. Lines that do not parse are left out. */
export function parseMapLog<T>(content: ByteString, format: ValueFormat<T>): KeyedLog<T> {
  const log = new Map<ByteString, LogEntry<T>>();
  for (const line of logLines(content)) {
    const clockEnd = line.indexOf(' ');
    const fieldEnd = line.indexOf(' ', clockEnd + 1);
    if (clockEnd === -1 || fieldEnd === -1) continue;
    const clock = parseVectorClock(line.slice(0, clockEnd));
    const value = clock === undefined ? undefined : format.parse(line.slice(fieldEnd + 1));
    if (value !== undefined)
      addEntry(log, { field: line.slice(clockEnd + 1, fieldEnd), entry: { clock, value } });
  }
  return log;
}

/** One line for each field, sorted by the bytes of the field, or in the log's own order. */
export function formatMapLog<T>(
  log: KeyedLog<T>,
  format: ValueFormat<T>,
  compareFields?: (left: ByteString, right: ByteString) => number,
): ByteString {
  return formatLogLines(
    sortedEntries(log, compareFields).map(([field, { clock, value }]) => {
      const stamp = clock === undefined ? '0' : formatVectorClock(clock);
      return `${stamp} ${field} ${format.format(value)}`;
    }),
  );
}

/** The whole file after one field changed. */
export function changeMapLog<T>(
  content: ByteString,
  { format, ...change }: FieldChange<T> & { readonly format: ValueFormat<T> },
): ByteString {
  return formatMapLog(setEntry(parseMapLog(content, format), change), format);
}
