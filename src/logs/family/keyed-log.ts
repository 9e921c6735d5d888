/**
 * What the uuid-based logs and the map logs have in common: one current value for each field, the newest one.
 *
 * Where two lines of a field have the same clock, the later line of the file wins. Lines whose value does not parse
 * count for nothing and are gone after a change, exactly as with git-annex; a value must be judged while reading, since
 * an unparsable line must not hide an older good one.
 */

import { compareByteStrings, type ByteString } from '../../util/byte-string.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import { advanceVectorClock, compareVectorClocks, type VectorClock } from '../vector-clock.ts';

export interface LogEntry<T> {
  /** Undefined where the line has no time stamp, which only old ones lack. */
  readonly clock: VectorClock | undefined;
  readonly value: T;
}

/** Entries by field (a UUID, a group, a config key …). */
export type KeyedLog<T> = ReadonlyMap<ByteString, LogEntry<T>>;

/** How the values of one log read and are written. `parse` gives undefined for what git-annex would not read. */
export interface ValueFormat<T> {
  parse(text: ByteString): T | undefined;
  format(value: T): ByteString;
}

/** A value kept as it stands. */
export const rawValue: ValueFormat<ByteString> = { parse: (text) => text, format: (value) => value };

/** Takes up one line. Lines must come in the file's order. */
export function addEntry<T>(
  log: Map<ByteString, LogEntry<T>>,
  { field, entry }: { readonly field: ByteString; readonly entry: LogEntry<T> },
): void {
  const existing = log.get(field);
  if (existing === undefined || compareVectorClocks(entry.clock, existing.clock) >= 0) log.set(field, entry);
}

/** A copy of the log in which the field has a new value, with a clock that beats the one it had. */
export function setEntry<T>(log: KeyedLog<T>, change: FieldChange<T>): KeyedLog<T> {
  const clock = advanceVectorClock(log.get(change.field)?.clock, change.now);
  return new Map(log).set(change.field, { clock, value: change.value });
}

export interface FieldChange<T> {
  readonly field: ByteString;
  readonly value: T;
  readonly now: VectorClock;
}

/** The entries in the order in which they are written: by the bytes of the field, unless the log has its own order. */
export function sortedEntries<T>(
  log: KeyedLog<T>,
  compareFields: (left: ByteString, right: ByteString) => number = compareByteStrings,
): [ByteString, LogEntry<T>][] {
  return [...log].sort(([left], [right]) => compareFields(left, right));
}

/** The values of a log by UUID, without the fields that are no sound UUIDs. */
export function valuesByUUID<T>(log: KeyedLog<T>): Map<UUID, T> {
  const values = new Map<UUID, T>();
  for (const [field, { value }] of log) {
    const uuid = parseUUID(field);
    if (uuid !== undefined) values.set(uuid, value);
  }
  return values;
}
