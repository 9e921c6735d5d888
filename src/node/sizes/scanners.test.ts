// The scanners find in bytes what the parsers find in strings, however odd the bytes are.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBranchPath } from '../../logs/branch-path.ts';
import { presentUUIDs } from '../../logs/location-log.ts';
import { isClusterUUID } from '../../types/cluster-uuid.ts';
import { keySizeBytes } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import { NumberedAmounts } from './amounts.ts';
import { BatchScanner } from './batch-scanner.ts';
import { LocationScanner } from './location-scanner.ts';
import { noLocationLog, sizeAtPath, unknownSize } from './log-path-scanner.ts';
import { unquotePath } from './unquote-path.ts';

const uuids = [
  '11111111-1111-4111-8111-111111111111',
  '22222222-2222-4222-8222-222222222222',
  'ac222222-2222-8222-8222-222222222222',
  'odd_uuid',
  'f00',
];

const clock = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('1s', '2s', '3s', '1795350000s') },
  fc.constantFrom('1', '1.5s', '-1s', '+2s', '', 'x', '1.000000000001s', '123456789012345678s', 's'),
);
const line = fc
  .tuple(
    clock,
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom('1', '0', 'X') }, fc.constantFrom('2', '', '11')),
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...uuids) },
      fc.constantFrom('', 'a b', '\u00ff', ' x', '..'),
    ),
    fc.oneof({ weight: 9, arbitrary: fc.constant('\n') }, fc.constantFrom('\r\n', '', '\n\n', ' \n')),
  )
  .map(([time, status, uuid, end]) => `${time} ${status} ${uuid}${end}`);
const log = fc.array(line, { maxLength: 8 }).map((lines) => lines.join(''));

function presentBy(content: string): readonly UUID[] {
  return presentUUIDs(content).filter((uuid) => !isClusterUUID(uuid));
}

describe('LocationScanner', () => {
  test('finds who is present', () => {
    const scanner = new LocationScanner();
    fc.assert(
      fc.property(log, (content) => {
        const bytes = Buffer.from(`ab${content}cd`, 'latin1');
        const found = scanner.scan(bytes, 2, bytes.length - 2).map((number) => scanner.uuids.uuid(number));
        expect([...found].sort()).toEqual([...presentBy(content)].sort());
      }),
      { numRuns: 2000 },
    );
  });

  test('tells many repositories apart', () => {
    const scanner = new LocationScanner();
    const many = Array.from({ length: 2000 }, (_, index) => `${index}-uuid`);
    const bytes = Buffer.from(many.map((uuid) => `1s 1 ${uuid}\n`).join(''));
    for (let round = 0; round < 2; round++) {
      const found = scanner.scan(bytes, 0, bytes.length).map((number) => scanner.uuids.uuid(number));
      expect(found).toEqual(many);
    }
    expect(scanner.uuids.size).toBe(2000);
  });
});

const paths = [
  'e7d/d01/SHA256E-s12--a948.txt.log',
  'e7d/d01/SHA256E-s12--a948.txt.log.met',
  'e7d/d01/SHA256E--a948.txt.log',
  'e7d/d01/SHA256-s12-m5--name.log',
  'e7d/d01/SHA256E-s012--a.log',
  'e7d/d01/SHA256E-s0--a.log',
  'e7d/d01/SHA256E-s99999999999999999999--a.log',
  'e7d/d01/SHA256E-s123456789012345--a.log',
  `e7d/d01/SHA256E-s1--a.${'x'.repeat(63)}.log`,
  `e7d/d01/SHA256E-s1--a.${'x'.repeat(64)}.log`,
  `e7d/d01/SHA256-s1--a.${'x'.repeat(64)}.log`,
  `e7d/d01/SHA256E-s1--${'x'.repeat(9000)}.log`,
  'e7d/d01/URL--http&c%%example.com%a.log',
  'e7d/d01/URL-s5--http&c%%example.com%a.log',
  'e7d/SHA256-s3--a.log',
  'e7d/d01/more/SHA256-s3--a.log',
  'e7d/d01/-s3--a.log',
  'e7d/d01/SHA256-s3-a.log',
  'e7d/d01/SHA256-s--a.log',
  'e7d/d01/SHA256-s4-S2-C1--a.log',
  'remote/web/e7d/d01/SHA256-s3--a.log',
  'uuid.log',
  'SHA256-s3--a.log',
  'x',
  '',
];

describe('sizeAtPath', () => {
  test.each(paths)('%s', (path) => {
    const bytes = Buffer.from(`xy${path}zz`, 'latin1');
    expect(sizeAtPath(bytes, 2, bytes.length - 2)).toBe(sizeBy(path));
  });

  function sizeBy(path: string): number {
    const found = parseBranchPath(path);
    if (found.type !== 'key' || found.log !== 'location') return noLocationLog;
    return keySizeBytes(found.key) ?? unknownSize;
  }
});

describe('BatchScanner', () => {
  const [first = '', second = ''] = uuids;
  const files: readonly (readonly [string, string])[] = [
    ['uuid.log', `${first} one timestamp=1s\n`],
    ['e7d/d01/SHA256E-s12--a.txt.log', `1s 1 ${first}\n1s 0 ${second}\n`],
    ['e7d/d01/SHA256E-s12--a.txt.log.met', '1s x +y\n'],
    [
      'e7d/d02/SHA256E-s5--b.log',
      `1s 1 ${first}\n1s 1 ${second}\n1s 1 ac222222-2222-8222-8222-222222222222\n`,
    ],
    ['"e7d/d03/SHA256E-s7--\\"q\\303\\244.log"', `1s 1 ${second}\n`],
    ['e7d/d04/URL--x.log', `1s 1 ${second}\n`],
    ['e7d/d05/SHA256E-s9--empty.log', ''],
    ['e7d/d06/SHA256E-s100--many-lines.log', `1s 1 ${first}\n`.repeat(300)],
    ['e7d/d06/SHA256E-s100--many-lines.log.met', 'x'.repeat(20_000)],
    ['zzz', 'x'.repeat(100)],
  ];
  const output = Buffer.from(
    files.map(([path, content]) => `${content.length} ${path}\n${content}\n`).join(''),
  );

  test.each([1, 2, 7, 1000, 100_000])('sums up, %d bytes at a time', (pieceBytes) => {
    const scanner = new BatchScanner();
    for (let at = 0; at < output.length; at += pieceBytes) scanner.push(output.subarray(at, at + pieceBytes));
    expect(new Map(scanner.finish().entries())).toEqual(
      new Map([
        [first, { keys: 3, unsized: 0, bytes: 117n }],
        [second, { keys: 3, unsized: 1, bytes: 12n }],
      ]),
    );
  });

  test('what ends in the middle, or makes no sense, is an error', () => {
    const cut = new BatchScanner();
    cut.push(output.subarray(0, 100));
    expect(() => cut.finish()).toThrow(/middle/);
    const skipping = new BatchScanner();
    skipping.push(Buffer.from('100 zzz\nx'));
    expect(() => skipping.finish()).toThrow(/middle/);
    expect(() => new BatchScanner().push(Buffer.from('9daad5 missing\n'))).toThrow(/9daad5 missing/);
    expect(() => new BatchScanner().push(Buffer.alloc(70_000, 'x'))).toThrow(/endless/);
    expect(() => new BatchScanner().push(Buffer.from('99999999999 e7d/d01/SHA1-s1--a.log\n'))).toThrow(
      /larger/,
    );
  });
});

test('sums are exact past 2^53', () => {
  const sums = new NumberedAmounts();
  const large = 2 ** 53 - 1;
  for (let count = 0; count < 5; count++) sums.add(3, large);
  for (let count = 0; count < 5; count++) sums.add(3, 2 ** 51 + 1);
  sums.add(3, unknownSize);
  const bytes = 5n * BigInt(large) + 5n * (2n ** 51n + 1n);
  expect(sums.get(3)).toEqual({ keys: 11, unsized: 1, bytes });
});

test('paths are unquoted as git quotes them', () => {
  const text = (quoted: string): string => unquotePath(Buffer.from(quoted)).toString('latin1');
  expect(text(String.raw`"a\"b\\c\t\303\244"`)).toBe('a"b\\c\t\u00c3\u00a4');
  expect(text('"')).toBe('"');
  expect(text('plain')).toBe('plain');
});
