// Messages: the lines of git-annex's design page and of its real transcripts, and what neither takes for a message.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseKey, type Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import { formatMessage, parseMessage, type Message, type Plain } from './message.ts';

const key = parseKey('SHA256E-s19--00c52b9d.txt') as Key;
const one = '44beee73-31fc-41bf-b86d-712473137299' as UUID;
const two = 'fc66d4aa-80ce-4506-a9ce-1a8c62df83f3' as UUID;

const lines: readonly (readonly [string, Message])[] = [
  [`AUTH ${one} secret`, { type: 'AUTH', uuid: one, token: 'secret' }],
  [`AUTH-SUCCESS ${one}`, { type: 'AUTH-SUCCESS', uuid: one }],
  ['AUTH-FAILURE', { type: 'AUTH-FAILURE' }],
  ['VERSION 4', { type: 'VERSION', version: 4 }],
  ['BYPASS', { type: 'BYPASS', uuids: [] }],
  [`BYPASS ${one} ${two}`, { type: 'BYPASS', uuids: [one, two] }],
  [`CHECKPRESENT ${key}`, { type: 'CHECKPRESENT', key }],
  [`LOCKCONTENT ${key}`, { type: 'LOCKCONTENT', key }],
  ['UNLOCKCONTENT', { type: 'UNLOCKCONTENT' }],
  [`REMOVE ${key}`, { type: 'REMOVE', key }],
  [`REMOVE-BEFORE 4385 ${key}`, { type: 'REMOVE-BEFORE', timestamp: 4385, key }],
  [`REMOVE-BEFORE -1 ${key}`, { type: 'REMOVE-BEFORE', timestamp: -1, key }],
  ['GETTIMESTAMP', { type: 'GETTIMESTAMP' }],
  ['TIMESTAMP 4386', { type: 'TIMESTAMP', timestamp: 4386 }],
  [`GET 0  ${key}`, { type: 'GET', offset: 0, associatedFile: undefined, key }],
  [`GET 5 a%%b ${key}`, { type: 'GET', offset: 5, associatedFile: 'a%b', key }],
  [`PUT  ${key}`, { type: 'PUT', associatedFile: undefined, key }],
  [`PUT sub/file.txt ${key}`, { type: 'PUT', associatedFile: 'sub/file.txt', key }],
  ['PUT-FROM 12000', { type: 'PUT-FROM', offset: 12000 }],
  ['ALREADY-HAVE', { type: 'ALREADY-HAVE' }],
  [`ALREADY-HAVE-PLUS ${two}`, { type: 'ALREADY-HAVE-PLUS', uuids: [two] }],
  ['DATA 9007199254740991', { type: 'DATA', lengthBytes: 9007199254740991 }],
  ['DATA-PRESENT', { type: 'DATA-PRESENT' }],
  ['VALID', { type: 'VALID' }],
  ['INVALID', { type: 'INVALID' }],
  ['SUCCESS', { type: 'SUCCESS' }],
  ['FAILURE', { type: 'FAILURE' }],
  [`SUCCESS-PLUS ${one} ${two}`, { type: 'SUCCESS-PLUS', uuids: [one, two] }],
  ['FAILURE-PLUS', { type: 'FAILURE-PLUS', uuids: [] }],
  ['CONNECT git-upload-pack', { type: 'CONNECT', service: 'git-upload-pack' }],
  ['CONNECT git-receive-pack', { type: 'CONNECT', service: 'git-receive-pack' }],
  ['CONNECTDONE -1', { type: 'CONNECTDONE', exitCode: -1 }],
  ['NOTIFYCHANGE', { type: 'NOTIFYCHANGE' }],
  ['CHANGED ab cd', { type: 'CHANGED', refs: ['ab', 'cd'] }],
  ['ERROR  two spaces', { type: 'ERROR', message: ' two spaces' }],
  ['ERROR ', { type: 'ERROR', message: '' }],
];

test.each(lines)('%s', (line, message) => {
  expect(parseMessage(line)).toEqual(message);
  expect(formatMessage(message)).toBe(line);
});

test.each<readonly [string, Message]>([
  // As git-annex reads numbers: what follows the digits is ignored.
  ['VERSION 1 2', { type: 'VERSION', version: 1 }],
  ['VERSION -1', { type: 'VERSION', version: -1 }],
  ['DATA 3x', { type: 'DATA', lengthBytes: 3 }],
  ['DATA -0', { type: 'DATA', lengthBytes: 0 }],
  ['SUCCESS ', { type: 'SUCCESS' }],
  ['ERROR', { type: 'ERROR', message: '' }],
  [`BYPASS  ${one}\t${two} `, { type: 'BYPASS', uuids: [one, two] }],
  [`CHECKPRESENT\t${key}`, { type: 'CHECKPRESENT', key }],
  // Any bytes may begin the name of a backend.
  [`CHECKPRESENT  ${key}`, { type: 'CHECKPRESENT', key: ` ${key}` as Key }],
  ['CHECKPRESENT WORM--a b ', { type: 'CHECKPRESENT', key: 'WORM--a b ' as Key }],
  ['CHECKPRESENT WORM-s007--x', { type: 'CHECKPRESENT', key: 'WORM-s7--x' as Key }],
])('%j is read leniently', (line, message) => {
  expect(parseMessage(line)).toEqual(message);
});

test.each([
  '',
  ' ',
  'FOO bar',
  'success',
  'SUCCESS x',
  `UNLOCKCONTENT ${key}`,
  'VERSION',
  'VERSION x',
  'VERSION 99999999999999999999',
  'CHECKPRESENT',
  'CHECKPRESENT nokey',
  `GET 0 ${key}`,
  `GET -1  ${key}`,
  `GET x  ${key}`,
  `GET 0 /absolute ${key}`,
  `PUT ${key}`,
  `PUT /absolute ${key}`,
  'DATA',
  'DATA -3',
  'PUT-FROM -1',
  'CONNECT git-upload-archive',
  'AUTH',
  'AUTH-SUCCESS a/b',
  'BYPASS a/b',
  `REMOVE-BEFORE ${key}`,
  `REMOVE-BEFORE  ${key}`,
])('%j is no message', (line) => {
  expect(parseMessage(line)).toBeUndefined();
});

test('a line break in the text of an error does not begin another message', () => {
  expect(formatMessage({ type: 'ERROR', message: 'one\r\ntwo\nthree' })).toBe('ERROR one two three');
});

test('what is formatted is parsed as it was', () => {
  fc.assert(
    fc.property(anyMessage(), (message) => {
      expect(parseMessage(formatMessage(message))).toEqual(message);
    }),
  );
});

test('what is parsed is formatted as something that parses to the same', () => {
  const start = fc.constantFrom(...lines.map(([line]) => line.split(' ')[0] ?? ''));
  const line = fc
    .tuple(start, fc.string({ unit: 'binary-ascii', maxLength: 30 }))
    .map((words) => words.join(' '));
  fc.assert(
    fc.property(line, (text) => {
      const message = parseMessage(text);
      if (message === undefined || message.type === 'ERROR' || message.type === 'AUTH') return;
      const again = parseMessage(formatMessage(message));
      // White space in the name of a file is read as `_`.
      expect(again).toEqual(message);
    }),
  );
});

function anyMessage(): fc.Arbitrary<Message> {
  const word = (minLength: number): fc.Arbitrary<string> =>
    fc
      .array(fc.integer({ min: 0x21, max: 0xff }), { minLength, maxLength: 20 })
      .map((codes) => String.fromCharCode(...codes))
      .filter((text) => !/[/\u007f]/.test(text) && text !== '.' && text !== '..');
  const uuid = word(1) as fc.Arbitrary<UUID>;
  const uuids = fc.array(uuid, { maxLength: 4 });
  const keys = word(0).map((name) => `WORM-s3--${name}` as Key);
  const count = fc.maxSafeNat();
  const number = fc.maxSafeInteger();
  const associatedFile = fc.option(word(1), { nil: undefined });
  const plain = fc.constantFrom<Plain[]>('SUCCESS', 'UNLOCKCONTENT', 'DATA-PRESENT', 'VALID', 'NOTIFYCHANGE');
  const record = <T extends Message>(
    fields: { [Name in keyof T]: fc.Arbitrary<T[Name]> },
  ): fc.Arbitrary<Message> => fc.record(fields) as fc.Arbitrary<Message>;
  return fc.oneof(
    record({ type: fc.constant('AUTH' as const), uuid, token: word(0) }),
    record({ type: fc.constant('AUTH-SUCCESS' as const), uuid }),
    record({ type: fc.constant('VERSION' as const), version: number }),
    record({ type: fc.constantFrom('BYPASS', 'SUCCESS-PLUS', 'FAILURE-PLUS', 'ALREADY-HAVE-PLUS'), uuids }),
    record({ type: fc.constantFrom('CHECKPRESENT', 'LOCKCONTENT', 'REMOVE'), key: keys }),
    record({ type: fc.constant('REMOVE-BEFORE' as const), timestamp: number, key: keys }),
    record({ type: fc.constant('TIMESTAMP' as const), timestamp: number }),
    record({ type: fc.constant('GET' as const), offset: count, associatedFile, key: keys }),
    record({ type: fc.constant('PUT' as const), associatedFile, key: keys }),
    record({ type: fc.constant('PUT-FROM' as const), offset: count }),
    record({ type: fc.constant('DATA' as const), lengthBytes: count }),
    record({ type: fc.constant('CONNECTDONE' as const), exitCode: fc.nat(255) }),
    record({ type: fc.constant('CHANGED' as const), refs: fc.array(word(1)) }),
    record({ type: fc.constant('ERROR' as const), message: word(0) }),
    record({ type: plain }),
  );
}
