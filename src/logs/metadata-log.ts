/**
 * Metadata of keys that people set (`.log.met`, `git annex metadata`).
 *
 *     1795351096s tag +foo year +2025
 */

import type { ByteString } from '../util/byte-string.ts';
import { AnnexError } from '../types/annex-error.ts';
import {
  addMetaDataLine,
  currentMetaData,
  foldFieldName,
  parseMetaDataLines,
  type FieldValues,
} from './family/metadata-log.ts';
import { picosecondsPerSecond, vectorClockFromSeconds, type VectorClock } from './vector-clock.ts';

/** The values of each field, sorted. */
export function parseMetaDataLog(content: ByteString): Map<ByteString, ByteString[]> {
  return currentMetaData(parseMetaDataLines(content));
}

/**
 * The values with the fields that git-annex derives: when anything was changed last (`lastchanged`), and each field that
 * has values (`FIELD-lastchanged`), as `2026-11-25@17-23-42` in UTC.
 */
export function parseMetaDataWithTimes(content: ByteString): Map<ByteString, ByteString[]> {
  const lines = parseMetaDataLines(content);
  const fields = currentMetaData(lines);
  const last = lines.at(-1);
  if (last === undefined) return fields;
  const changed = new Map(
    lines.flatMap(({ clock, fields: named }) => [...named.keys()].map((name) => [name, clock])),
  );
  const times = [...fields.keys()].flatMap((name): [ByteString, ByteString[]][] => {
    const clock = changed.get(foldFieldName(name));
    return clock === undefined ? [] : [[`${name}-lastchanged`, [formatTime(clock)]]];
  });
  return new Map([...fields, ...times, ['lastchanged', [formatTime(last.clock)]]]);
}

function formatTime(clock: VectorClock): ByteString {
  const date = new Date(Number(clock / (picosecondsPerSecond / 1000n)));
  if (Number.isNaN(date.getTime())) return '';
  return date.toISOString().replace(/\..*$/, '').replace('T', '@').replaceAll(':', '-');
}

export interface MetaDataChange {
  readonly set?: ReadonlyMap<ByteString, Iterable<ByteString>>;
  readonly unset?: ReadonlyMap<ByteString, Iterable<ByteString>>;
  readonly nowSeconds: number;
}

/**
 * The whole file after values were set and unset; a value in both is set. As with git-annex, saying again what is so
 * already is a change: it wins over what others said meanwhile. A change without values moves `lastchanged`.
 */
export function changeMetaDataLog(content: ByteString, change: MetaDataChange): ByteString {
  const now = vectorClockFromSeconds(change.nowSeconds);
  return addMetaDataLine(content, { fields: metaDataFields(change), now });
}

/** The fields of a change, unset before set. Throws `config` for a name that would not be read back. */
export function metaDataFields(change: MetaDataChange): FieldValues[] {
  const fields: FieldValues[] = [];
  for (const [values, isSet] of [[change.unset, false] as const, [change.set, true] as const]) {
    for (const [name, list] of values ?? []) {
      fields.push({ name: checkFieldName(name), values: new Map([...list].map((value) => [value, isSet])) });
    }
  }
  return fields;
}

function checkFieldName(name: ByteString): ByteString {
  // By bytes: \s would take a part of some UTF-8 letters for a space.
  if (/^[^-+ \t-\r][^ \t-\r]*$/.test(name)) return name;
  throw new AnnexError('config', `"${name}" is no name of a metadata field`);
}
