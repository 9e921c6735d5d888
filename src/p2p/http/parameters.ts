/**
 * The parameters of requests, each with the words that git-annex refuses a bad one with (interop reference §6.4). A bad
 * one throws an AnnexError `protocol`, which is answered 400 with its message; endpoints ask in the order in which
 * git-annex complains.
 */

import { AnnexError } from '../../types/annex-error.ts';
import { parseKey, type Key } from '../../types/key.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { HttpRequest } from './message.ts';
import type { Query } from './query.ts';
import { parseInteger, parseWrapped } from './values.ts';

/** What every request may carry. */
export interface Caller {
  readonly clientUUID: UUID;
  readonly bypass: readonly UUID[];
}

export function readKey(query: Query): Key {
  return keyFrom(required(query, 'key'), queryParameter('key'));
}

/** The key in a path. */
export function readPathKey(segment: ByteString): Key {
  return keyFrom(segment, '');
}

/** The repository's UUID in a path. */
export function readPathUUID(segment: ByteString): UUID {
  return uuidFrom(segment, '');
}

/** @param ifAbsent the client's UUID where the request may leave it out */
export function readCaller(query: Query, ifAbsent?: UUID): Caller {
  const client = query.first('clientuuid');
  if (client === undefined && ifAbsent === undefined) required(query, 'clientuuid');
  const clientUUID =
    client === undefined ? (ifAbsent as UUID) : uuidFrom(client, queryParameter('clientuuid'));
  const bypass = query.all('bypass');
  if (bypass.length === 0) return { clientUUID, bypass: noUUIDs };
  return {
    clientUUID,
    bypass: bypass.map((text) => uuidFrom(text, 'Error parsing query parameter(s) bypass failed: ')),
  };
}

export function readLockID(query: Query): UUID {
  return uuidFrom(required(query, 'lockid'), queryParameter('lockid'));
}

/** A file's name, or undefined where none is given or it is empty. */
export function readAssociatedFile(query: Query): ByteString | undefined {
  const text = query.first('associatedfile');
  if (text === undefined || text === '') return undefined;
  return unwrap(text, queryParameter('associatedfile'));
}

/** In bytes; 0 where not given. */
export function readOffset(query: Query): number {
  const text = query.first('offset');
  return text === undefined ? 0 : countFrom(text, queryParameter('offset'), 'offset');
}

/** In seconds of the server's clock. */
export function readTimestamp(query: Query): number {
  const timestamp = parseInteger(required(query, 'timestamp'));
  if (timestamp === undefined) throw bad(`${queryParameter('timestamp')}timestamp parse error`);
  return timestamp;
}

export function readDataPresent(query: Query): boolean {
  const text = query.first('data-present');
  if (text === undefined) return false;
  const word = text.toLowerCase();
  if (word === 'true' || word === 'false') return word === 'true';
  throw bad(`${queryParameter('data-present')}could not parse: \`${text.slice(0, maxEchoed)}'`);
}

/** In bytes. */
export function readDataLength(request: HttpRequest): number {
  const text = request.header('x-git-annex-data-length');
  if (text === undefined) throw bad('Header X-git-annex-data-length is required');
  return countFrom(text, 'Error parsing header X-git-annex-data-length failed: ', 'X-git-annex-data-length');
}

function required(query: Query, name: string): ByteString {
  const text = query.first(name);
  if (text === undefined) throw bad(`Query parameter ${name} is required`);
  return text;
}

function keyFrom(text: ByteString, where: string): Key {
  const key = parseKey(unwrap(text, where));
  if (key === undefined) throw bad(`${where}key parse error`);
  return key;
}

function uuidFrom(text: ByteString, where: string): UUID {
  const bytes = unwrap(text, where);
  if (bytes === '') throw bad(`${where}empty UUID`);
  const uuid = parseUUID(bytes);
  if (uuid === undefined) throw bad(`${where}UUID parse error`);
  return uuid;
}

function countFrom(text: ByteString, where: string, what: string): number {
  const count = parseInteger(text);
  if (count === undefined || count < 0) throw bad(`${where}${what} parse error`);
  return count;
}

function unwrap(text: ByteString, where: string): ByteString {
  const bytes = parseWrapped(text);
  if (bytes === undefined) throw bad(`${where}unable to base64 decode [] wrapped value`);
  return bytes;
}

function queryParameter(name: string): string {
  return `Error parsing query parameter ${name} failed: `;
}

function bad(message: string): AnnexError {
  return new AnnexError('protocol', message);
}

const noUUIDs: readonly UUID[] = [];
const maxEchoed = 100;
