/**
 * The older uuid-based logs: `UUID SP VALUE SP timestamp=CLOCK`.
 *
 *     468a6a9f-0d4f-4aee-a5f7-c2fb44e4e2e2 my laptop timestamp=1795351094s
 *     468a6a9f-0d4f-4aee-a5f7-c2fb44e4e2e2 written before there were time stamps
 *
 * The time stamp is looked for at the very end of the line only, so a value may hold anything, even ` timestamp=1s`.
 * Where it does not parse it belongs to the value, and the line is older than any other.
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

/** The current value of each UUID (not checked to be a sound one). Lines that do not parse are left out. */
export function parseOldUUIDLog<T>(content: ByteString, format: ValueFormat<T>): KeyedLog<T> {
  const log = new Map<ByteString, LogEntry<T>>();
  for (const line of logLines(content)) {
    const { field, clock, text } = splitLine(line);
    const value = format.parse(text);
    if (field !== '' && value !== undefined) addEntry(log, { field, entry: { clock, value } });
  }
  return log;
}

/** One line for each UUID, sorted by UUID. */
export function formatOldUUIDLog<T>(log: KeyedLog<T>, format: ValueFormat<T>): ByteString {
  return formatLogLines(
    sortedEntries(log).map(([uuid, { clock, value }]) => {
      const stamp = clock === undefined ? '' : ` ${stampWord}${formatVectorClock(clock)}`;
      return `${uuid} ${format.format(value)}${stamp}`;
    }),
  );
}

/** The whole file after the value of one UUID changed. */
export function changeOldUUIDLog<T>(
  content: ByteString,
  { format, ...change }: FieldChange<T> & { readonly format: ValueFormat<T> },
): ByteString {
  return formatOldUUIDLog(setEntry(parseOldUUIDLog(content, format), change), format);
}

function splitLine(
  line: ByteString,
): Omit<LogEntry<never>, 'value'> & { field: ByteString; text: ByteString } {
  const fieldEnd = line.indexOf(' ');
  if (fieldEnd === -1) return { field: line, clock: undefined, text: '' };
  const field = line.slice(0, fieldEnd);
  const stampStart = line.lastIndexOf(' ');
  const lastWord = line.slice(stampStart + 1);
  const clock = lastWord.startsWith(stampWord)
    ? parseVectorClock(lastWord.slice(stampWord.length))
    : undefined;
  if (clock === undefined) return { field, clock, text: line.slice(fieldEnd + 1) };
  return { field, clock, text: line.slice(fieldEnd + 1, Math.max(fieldEnd + 1, stampStart)) };
}

const stampWord = 'timestamp=';
