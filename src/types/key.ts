/**
 * Keys: the names git-annex gives to content.
 *
 *     VARIETY[-sSIZE][-mMTIME][-SCHUNKSIZE][-CCHUNKNUM]--NAME
 *
 * Fields come in that order, each at most once, digits only; anything else does not parse (git-annex is strict here on
 * purpose). A key is kept in its canonical serialization, so two keys are the same exactly when their strings are.
 * Source: git-annex's page "internals: key format".
 */

import type { ByteString } from '../util/byte-string.ts';
import { backendOf } from './backend.ts';

declare const keyBrand: unique symbol;

/** A key in canonical serialized form, safe to compare and to use in a Map. */
export type Key = ByteString & { readonly [keyBrand]: true };

/** The fields of a key. Sizes are bytes; `mtime` is seconds. */
export interface KeyFields {
  /** e.g. `SHA256E`; any bytes but `-`. */
  readonly variety: ByteString;
  readonly sizeBytes?: number | undefined;
  readonly mtime?: number | undefined;
  readonly chunkSizeBytes?: number | undefined;
  /** Counts from 1. */
  readonly chunkNumber?: number | undefined;
  /** May be empty. */
  readonly name: ByteString;
}

/** The longest extension, with its dot, that the name of an E variety may have. */
export const maxExtensionBytes: number = 64;

/** Undefined for what git-annex would not take for a key, and for numbers past 2^53 - 1 or text past 8 KiB. */
export function parseKey(text: ByteString): Key | undefined {
  const fields = parseFields(text);
  if (fields === undefined) return undefined;
  // Leading zeros of a number are the one way to spell a key differently.
  return fields.canonical ? (text as Key) : formatKey(fields);
}

/** The fields of a key. */
export function keyFields(key: Key): KeyFields {
  const fields = parseFields(key);
  if (fields === undefined) throw new Error('a Key that does not parse');
  const { canonical: _, ...rest } = fields;
  return rest;
}

/** The canonical serialization. The caller answers for the fields being legal. */
export function formatKey(fields: KeyFields): Key {
  const { variety, sizeBytes, mtime, chunkSizeBytes, chunkNumber, name } = fields;
  return (variety +
    (sizeBytes === undefined ? '' : `-s${sizeBytes}`) +
    (mtime === undefined ? '' : `-m${mtime}`) +
    (chunkSizeBytes === undefined ? '' : `-S${chunkSizeBytes}`) +
    (chunkNumber === undefined ? '' : `-C${chunkNumber}`) +
    `--${name}`) as Key;
}

/** The size of the key's content in bytes, where the key says. Of a chunk key, the whole key's. */
export function keySizeBytes(key: Key): number | undefined {
  // A Key is known to parse, so its first field can be read without a look at the rest.
  const dash = key.indexOf('-');
  if (key.charCodeAt(dash + 1) !== letter.s) return undefined;
  return Number(key.slice(dash + 2, key.indexOf('-', dash + 2)));
}

/** The part of a key before its first field, e.g. `SHA256E`. */
export function keyVariety(key: Key): ByteString {
  return key.slice(0, key.indexOf('-'));
}

/** The part of a key after its fields. */
export function keyName(key: Key): ByteString {
  // Neither the variety nor a field can hold two dashes in a row.
  return key.slice(key.indexOf('--') + 2);
}

/** The key that a chunk key is a chunk of; a key that is no chunk is its own parent. */
export function parentKey(key: Key): Key {
  const fieldsEnd = key.indexOf('--');
  for (let dash = key.indexOf('-'); dash < fieldsEnd; dash = key.indexOf('-', dash + 1)) {
    const field = key.charCodeAt(dash + 1);
    if (field === letter.S || field === letter.C) return (key.slice(0, dash) + key.slice(fieldsEnd)) as Key;
  }
  return key;
}

interface ParsedFields extends KeyFields {
  readonly canonical: boolean;
}

function parseFields(text: ByteString): ParsedFields | undefined {
  if (text.length > maxKeyBytes || !isKeyText(text)) return undefined;
  const varietyEnd = text.indexOf('-');
  if (varietyEnd <= 0) return undefined;
  let dash = varietyEnd;
  let canonical = true;
  const field = (name: number): number | undefined | false => {
    if (text.charCodeAt(dash + 1) !== name) return undefined;
    const start = dash + 2;
    const end = digitsEnd(text, start);
    const value = Number(text.slice(start, end));
    if (end === start || text.charCodeAt(end) !== letter.dash || !Number.isSafeInteger(value)) return false;
    canonical &&= end === start + 1 || text.charCodeAt(start) !== letter.zero;
    dash = end;
    return value;
  };
  const sizeBytes = field(letter.s);
  const mtime = sizeBytes === false ? false : field(letter.m);
  const chunkSizeBytes = mtime === false ? false : field(letter.S);
  const chunkNumber = chunkSizeBytes === false ? false : field(letter.C);
  if (sizeBytes === false || mtime === false || chunkSizeBytes === false || chunkNumber === false)
    return undefined;
  if (text.charCodeAt(dash + 1) !== letter.dash) return undefined;
  const variety = text.slice(0, varietyEnd);
  const name = text.slice(dash + 2);
  if (extensionBytes(name) > maxExtensionBytes && backendOf(variety).hasExtension) return undefined;
  return { variety, sizeBytes, mtime, chunkSizeBytes, chunkNumber, name, canonical };
}

/**
 * Bytes only. No NUL, which cannot be in a file's name, and no line feed, which would end the line of a log or of the
 * protocol.
 */
function isKeyText(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0 || code === 0x0a || code > 0xff) return false;
  }
  return true;
}

function digitsEnd(text: string, start: number): number {
  let end = start;
  while (text.charCodeAt(end) >= letter.zero && text.charCodeAt(end) <= letter.nine) end++;
  return end;
}

function extensionBytes(name: ByteString): number {
  const dot = name.indexOf('.');
  return dot === -1 ? 0 : name.length - dot;
}

const letter = { dash: 0x2d, zero: 0x30, nine: 0x39, C: 0x43, S: 0x53, m: 0x6d, s: 0x73 } as const;
const maxKeyBytes = 8192;
