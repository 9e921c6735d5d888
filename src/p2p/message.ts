/**
 * The messages of the P2P protocol (design/p2p_protocol; interop reference §4.1 to §4.3), one line each:
 *
 *     C: GET 0 foo SHA256E-s3--…
 *     S: DATA 3
 *
 * A line is split at its first white space; of a message with several parameters each but the last is one word, and may
 * be empty (`PUT  KEY` has no associated file), and the last is the rest of the line as it is. `UNLOCKCONTENT` has no
 * parameter, whatever git-annex's documentation shows.
 */

import { parseKey, type Key } from '../types/key.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import type { ByteString } from '../util/byte-string.ts';
import { formatAssociatedFile, parseAssociatedFile } from './associated-file.ts';

export type Message =
  | { readonly type: 'AUTH'; readonly uuid: UUID; readonly token: ByteString }
  | { readonly type: 'AUTH-SUCCESS'; readonly uuid: UUID }
  /** Annexus's own (doc/protocol/serve.md): the wish for another repository than the one that answered AUTH. */
  | { readonly type: 'SERVE'; readonly uuid: UUID }
  | { readonly type: 'VERSION'; readonly version: number }
  | { readonly type: 'BYPASS'; readonly uuids: readonly UUID[] }
  | { readonly type: 'CHECKPRESENT' | 'LOCKCONTENT' | 'REMOVE'; readonly key: Key }
  | { readonly type: 'REMOVE-BEFORE'; readonly timestamp: number; readonly key: Key }
  | { readonly type: 'TIMESTAMP'; readonly timestamp: number }
  | {
      readonly type: 'GET';
      readonly offset: number;
      readonly associatedFile: ByteString | undefined;
      readonly key: Key;
    }
  | { readonly type: 'PUT'; readonly associatedFile: ByteString | undefined; readonly key: Key }
  | { readonly type: 'PUT-FROM'; readonly offset: number }
  | {
      readonly type: 'ALREADY-HAVE-PLUS' | 'SUCCESS-PLUS' | 'FAILURE-PLUS';
      readonly uuids: readonly UUID[];
    }
  | { readonly type: 'DATA'; readonly lengthBytes: number }
  | { readonly type: 'CONNECT'; readonly service: GitService }
  | { readonly type: 'CONNECTDONE'; readonly exitCode: number }
  | { readonly type: 'CHANGED'; readonly refs: readonly ByteString[] }
  | { readonly type: 'ERROR'; readonly message: ByteString }
  | { readonly type: Plain };

/** The messages without parameters. */
export type Plain =
  | 'AUTH-FAILURE'
  | 'UNLOCKCONTENT'
  | 'GETTIMESTAMP'
  | 'ALREADY-HAVE'
  | 'DATA-PRESENT'
  | 'VALID'
  | 'INVALID'
  | 'SUCCESS'
  | 'FAILURE'
  | 'NOTIFYCHANGE';

export type GitService = 'git-upload-pack' | 'git-receive-pack';

/** The versions of the protocol that both sides here speak. */
export type ProtocolVersion = 0 | 1 | 2 | 3 | 4;
export const maxProtocolVersion: ProtocolVersion = 4;

/** The message of a line, without its line feed; undefined for what git-annex would not understand. */
export function parseMessage(line: ByteString): Message | undefined {
  const [command, rest] = splitWord(line);
  if (plain.has(command)) return rest === '' ? { type: command as Plain } : undefined;
  return parsers.get(command)?.(rest);
}

/** The line of a message, without a line feed. */
export function formatMessage(message: Message): ByteString {
  switch (message.type) {
    case 'AUTH':
      return `AUTH ${message.uuid} ${message.token}`;
    case 'AUTH-SUCCESS':
      return `AUTH-SUCCESS ${message.uuid}`;
    case 'SERVE':
      return `SERVE ${message.uuid}`;
    case 'VERSION':
      return `VERSION ${message.version}`;
    case 'CHECKPRESENT':
    case 'LOCKCONTENT':
    case 'REMOVE':
      return `${message.type} ${message.key}`;
    case 'REMOVE-BEFORE':
      return `REMOVE-BEFORE ${message.timestamp} ${message.key}`;
    case 'TIMESTAMP':
      return `TIMESTAMP ${message.timestamp}`;
    case 'GET':
      return `GET ${message.offset} ${formatAssociatedFile(message.associatedFile)} ${message.key}`;
    case 'PUT':
      return `PUT ${formatAssociatedFile(message.associatedFile)} ${message.key}`;
    case 'PUT-FROM':
      return `PUT-FROM ${message.offset}`;
    case 'BYPASS':
    case 'ALREADY-HAVE-PLUS':
    case 'SUCCESS-PLUS':
    case 'FAILURE-PLUS':
      return [message.type, ...message.uuids].join(' ');
    case 'DATA':
      return `DATA ${message.lengthBytes}`;
    case 'CONNECT':
      return `CONNECT ${message.service}`;
    case 'CONNECTDONE':
      return `CONNECTDONE ${message.exitCode}`;
    case 'CHANGED':
      return ['CHANGED', ...message.refs].join(' ');
    case 'ERROR':
      // A line break in the text would begin another message.
      return `ERROR ${message.message.replaceAll(/[\r\n]+/g, ' ')}`;
    case 'AUTH-FAILURE':
    case 'UNLOCKCONTENT':
    case 'GETTIMESTAMP':
    case 'ALREADY-HAVE':
    case 'DATA-PRESENT':
    case 'VALID':
    case 'INVALID':
    case 'SUCCESS':
    case 'FAILURE':
    case 'NOTIFYCHANGE':
      return message.type;
  }
}

type Parse = (rest: ByteString) => Message | undefined;

const plain: ReadonlySet<string> = new Set<Plain>([
  'AUTH-FAILURE',
  'UNLOCKCONTENT',
  'GETTIMESTAMP',
  'ALREADY-HAVE',
  'DATA-PRESENT',
  'VALID',
  'INVALID',
  'SUCCESS',
  'FAILURE',
  'NOTIFYCHANGE',
]);

const parsers: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ['AUTH', parseAuth],
  ['AUTH-SUCCESS', (rest) => withUUID(rest, (uuid) => ({ type: 'AUTH-SUCCESS', uuid }))],
  ['SERVE', (rest) => withUUID(rest, (uuid) => ({ type: 'SERVE', uuid }))],
  ['VERSION', (rest) => withNumber(rest, (version) => ({ type: 'VERSION', version }))],
  ['BYPASS', listOf('BYPASS')],
  ['CHECKPRESENT', keyed('CHECKPRESENT')],
  ['LOCKCONTENT', keyed('LOCKCONTENT')],
  ['REMOVE', keyed('REMOVE')],
  ['REMOVE-BEFORE', parseRemoveBefore],
  ['TIMESTAMP', (rest) => withNumber(rest, (timestamp) => ({ type: 'TIMESTAMP', timestamp }))],
  ['GET', parseGet],
  ['PUT', parsePut],
  ['PUT-FROM', (rest) => withCount(rest, (offset) => ({ type: 'PUT-FROM', offset }))],
  ['ALREADY-HAVE-PLUS', listOf('ALREADY-HAVE-PLUS')],
  ['SUCCESS-PLUS', listOf('SUCCESS-PLUS')],
  ['FAILURE-PLUS', listOf('FAILURE-PLUS')],
  ['DATA', (rest) => withCount(rest, (lengthBytes) => ({ type: 'DATA', lengthBytes }))],
  ['CONNECT', parseConnect],
  ['CONNECTDONE', (rest) => withNumber(rest, (exitCode) => ({ type: 'CONNECTDONE', exitCode }))],
  ['CHANGED', (rest) => ({ type: 'CHANGED', refs: words(rest) })],
  ['ERROR', (message) => ({ type: 'ERROR', message })],
]);

function parseAuth(rest: ByteString): Message | undefined {
  const [name, token] = splitWord(rest);
  return withUUID(name, (uuid) => ({ type: 'AUTH', uuid, token }));
}

function parseRemoveBefore(rest: ByteString): Message | undefined {
  const [number, name] = splitWord(rest);
  const key = parseKey(name);
  if (key === undefined) return undefined;
  return withNumber(number, (timestamp) => ({ type: 'REMOVE-BEFORE', timestamp, key }));
}

function parseGet(rest: ByteString): Message | undefined {
  const [number, others] = splitWord(rest);
  const [file, name] = splitWord(others);
  const key = parseKey(name);
  const parsed = parseAssociatedFile(file);
  if (key === undefined || parsed === undefined) return undefined;
  return withCount(number, (offset) => ({ type: 'GET', offset, associatedFile: parsed.file, key }));
}

function parsePut(rest: ByteString): Message | undefined {
  const [file, name] = splitWord(rest);
  const key = parseKey(name);
  const parsed = parseAssociatedFile(file);
  return key === undefined || parsed === undefined
    ? undefined
    : { type: 'PUT', associatedFile: parsed.file, key };
}

function parseConnect(rest: ByteString): Message | undefined {
  return rest === 'git-upload-pack' || rest === 'git-receive-pack'
    ? { type: 'CONNECT', service: rest }
    : undefined;
}

function keyed(type: 'CHECKPRESENT' | 'LOCKCONTENT' | 'REMOVE'): Parse {
  return (rest) => {
    const key = parseKey(rest);
    return key === undefined ? undefined : { type, key };
  };
}

function listOf(type: 'BYPASS' | 'ALREADY-HAVE-PLUS' | 'SUCCESS-PLUS' | 'FAILURE-PLUS'): Parse {
  return (rest) => {
    const uuids = words(rest).map(parseUUID);
    return uuids.includes(undefined) ? undefined : { type, uuids: uuids as UUID[] };
  };
}

function withUUID(text: ByteString, make: (uuid: UUID) => Message): Message | undefined {
  const uuid = parseUUID(text);
  return uuid === undefined ? undefined : make(uuid);
}

function withCount(text: ByteString, make: (count: number) => Message): Message | undefined {
  return withNumber(text, (number) => (number < 0 ? undefined : make(number)));
}

/** A sign, digits, and whatever follows them is ignored, as git-annex reads numbers here. */
function withNumber(text: ByteString, make: (number: number) => Message | undefined): Message | undefined {
  const match = /^\s*(-?\d{1,300})/.exec(text);
  const number = Number(match?.[1]);
  return Number.isSafeInteger(number) ? make(number === 0 ? 0 : number) : undefined;
}

/** The first word, which may be empty, and what follows the one white space character after it. */
function splitWord(text: ByteString): readonly [ByteString, ByteString] {
  const at = text.search(whiteSpace);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function words(text: ByteString): readonly ByteString[] {
  return text.split(whiteSpace).filter((word) => word !== '');
}

// ASCII alone: bytes past 127 are parts of names.
const whiteSpace = /[ \t\n\v\f\r]/;
