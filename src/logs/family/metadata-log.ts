/**
 * Metadata logs: `CLOCK SP FIELD SP ±VALUE… FIELD SP ±VALUE…`, with several fields a line.
 *
 *     1795351096s tag +foo +!Zm9vIGJhcg== year +2025
 *     1795351097s tag -foo
 *
 * Lines add up in the order of their clocks: a later line that names a value says whether it is set. Removals stay in
 * the log, so that a merge with an old line does not bring the value back. Field names are the same whatever their case.
 * A value with a space, CR or LF, or that begins with `!`, is written as `!` and its Base64.
 */

import {
  byteStringToUTF8,
  compareByteStrings,
  isASCII,
  textToByteString,
  type ByteString,
} from '../../util/byte-string.ts';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { formatLogLines, logLines } from '../log-lines.ts';
import {
  advanceVectorClock,
  compareVectorClocks,
  formatVectorClock,
  parseVectorClock,
  type VectorClock,
} from '../vector-clock.ts';

/** What one line says of a field. */
export interface FieldValues {
  /** As it was written; two names that differ in case only are one field. */
  readonly name: ByteString;
  /** Whether each value is set (or was unset). */
  readonly values: ReadonlyMap<ByteString, boolean>;
}

export interface MetaDataLine {
  readonly clock: VectorClock;
  /** By folded name. Empty in a line that names no value: its clock counts all the same. */
  readonly fields: ReadonlyMap<ByteString, FieldValues>;
}

/** The lines in the order in which they add up. Of two that name the same values at one time the later one counts. */
export function parseMetaDataLines(content: ByteString): MetaDataLine[] {
  const lines = logLines(content).flatMap((line) => parseLine(line) ?? []);
  const sorted = lines.sort(compareLines);
  return sorted.filter((line, index) => {
    const next = sorted[index + 1];
    return next === undefined || compareLines(line, next) !== 0;
  });
}

/** What is set now: the values of each field that has any, sorted, under the name it was last written with. */
export function currentMetaData(lines: readonly MetaDataLine[]): Map<ByteString, ByteString[]> {
  const fields = new Map<ByteString, { name: ByteString; values: Map<ByteString, boolean> }>();
  for (const line of lines) {
    for (const [folded, { name, values }] of line.fields) {
      const merged = fields.get(folded)?.values ?? new Map<ByteString, boolean>();
      for (const [value, set] of values) merged.set(value, set);
      fields.set(folded, { name, values: merged });
    }
  }
  const current = new Map<ByteString, ByteString[]>();
  for (const { name, values } of [...fields].sort(compareFirst).map(([, field]) => field)) {
    const set = [...values].filter(([, isSet]) => isSet).map(([value]) => value);
    if (set.length > 0) current.set(name, set.sort(compareByteStrings));
  }
  return current;
}

/**
 * The whole file after one more line, which may name fields without values, or none. Its clock comes after that of every
 * other line.
 */
export function addMetaDataLine(
  content: ByteString,
  change: { readonly fields: Iterable<FieldValues>; readonly now: VectorClock },
): ByteString {
  const fields = new Map<ByteString, FieldValues>();
  for (const field of change.fields) addValues(fields, field);
  const lines = parseMetaDataLines(content);
  const clock = advanceVectorClock(lines.at(-1)?.clock, change.now);
  return formatLogLines(simplify([...lines, { clock, fields }]).map(formatLine));
}

/** Field names in lower case. */
export function foldFieldName(name: ByteString): ByteString {
  const text = isASCII(name) ? name : byteStringToUTF8(name);
  return text === undefined ? name : textToByteString(text.toLowerCase());
}

/**
 * Leaves out what newer lines say anew, but only if a whole line goes by it: the same line then tends to have the same
 * bytes in all repositories, and merges stay small. The newest line stays whatever it says.
 */
function simplify(lines: readonly MetaDataLine[]): readonly MetaDataLine[] {
  const said = new Set<ByteString>();
  const kept: MetaDataLine[] = [];
  for (const line of [...lines].reverse()) {
    const isNewest = line === lines.at(-1);
    const fields = new Map<ByteString, FieldValues>();
    for (const [folded, { name, values }] of line.fields) {
      const fresh = [...values].filter(([value]) => !said.has(`${folded}\n${value}`));
      for (const [value] of fresh) said.add(`${folded}\n${value}`);
      if (fresh.length > 0 || isNewest) fields.set(folded, { name, values: new Map(fresh) });
    }
    if (fields.size > 0 || isNewest) kept.push({ clock: line.clock, fields });
  }
  // What is left of lines of one time may have another order; they name different values then.
  return kept.length === lines.length ? lines : kept.sort(compareLines);
}

function parseLine(line: ByteString): MetaDataLine | undefined {
  const [stamp = '', ...words] = line.split(' ');
  const clock = parseVectorClock(stamp);
  if (clock === undefined) return undefined;
  const fields = new Map<ByteString, FieldValues>();
  let name: ByteString | undefined;
  for (const word of words) {
    // What cannot be a value is the name of the next field.
    const value = name !== undefined && /^[-+]/.test(word) ? parseValue(word.slice(1)) : undefined;
    if (name === undefined || value === undefined) name = word;
    else addValues(fields, { name, values: new Map([[value, word.startsWith('+')]]) });
  }
  return name === undefined ? undefined : { clock, fields };
}

function formatLine({ clock, fields }: MetaDataLine): ByteString {
  const words = [formatVectorClock(clock)];
  if (fields.size === 0) words.push('');
  for (const [, { name, values }] of [...fields].sort(compareFirst)) {
    words.push(name);
    for (const [value, set] of [...values].sort(compareFirst))
      words.push(`${set ? '+' : '-'}${formatValue(value)}`);
  }
  return words.join(' ');
}

function addValues(fields: Map<ByteString, FieldValues>, { name, values }: FieldValues): void {
  const folded = foldFieldName(name);
  fields.set(folded, { name, values: new Map([...(fields.get(folded)?.values ?? []), ...values]) });
}

function parseValue(text: ByteString): ByteString | undefined {
  return text.startsWith('!') ? decodeBase64(text.slice(1)) : text;
}

function formatValue(value: ByteString): ByteString {
  return /^!|[ \r\n]/.test(value) ? `!${encodeBase64(value)}` : value;
}

/** By clock, then by the fields and values that are named; whether they are set makes no difference. */
function compareLines(left: MetaDataLine, right: MetaDataLine): number {
  return (
    compareVectorClocks(left.clock, right.clock) ||
    compareLists(sortedFields(left), sortedFields(right), ([name, values], [otherName, otherValues]) => {
      return compareByteStrings(name, otherName) || compareLists(values, otherValues, compareByteStrings);
    })
  );
}

function sortedFields(line: MetaDataLine): [ByteString, ByteString[]][] {
  return [...line.fields]
    .map(([folded, { values }]): [ByteString, ByteString[]] => [
      folded,
      [...values.keys()].sort(compareByteStrings),
    ])
    .sort(compareFirst);
}

function compareFirst(left: readonly [ByteString, unknown], right: readonly [ByteString, unknown]): number {
  return compareByteStrings(left[0], right[0]);
}

function compareLists<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (left: T, right: T) => number,
): number {
  for (let index = 0; index < left.length && index < right.length; index++) {
    const order = compare(left[index] as T, right[index] as T);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
