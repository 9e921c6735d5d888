// Keys: each case was tried with `git annex examinekey` or `lookupkey` of both releases, except for the limits of our own.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatKey,
  keyFields,
  keyName,
  keySizeBytes,
  keyVariety,
  parentKey,
  parseKey,
  type Key,
  type KeyFields,
} from './key.ts';

const ext63 = 'a'.repeat(63);

test.each([
  'SHA256E-s6--abc.txt',
  'SHA256--',
  'WORM-s0-m0--',
  'A-S5--x',
  'A-C5--x',
  'A-s1-m2-S3-C4--x',
  'A-s1-S5-C0--x',
  'A---x',
  'A----x',
  'A-s1--x--y-s2--z',
  'a b--x y',
  'X/Y-s1--a/b&c%d:e',
  'a--x\ty\r',
  '\xff--\xff\xc3\xa9',
  `SHA256E--x.${ext63}`,
  `SHA256--x.a${ext63}`,
  `GITBUNDLE--x.a${ext63}`,
  `WORM--x.a${ext63}`,
  `OTHERe--x.a${ext63}`,
])('%j is a key', (text) => {
  expect(parseKey(text)).toBe(text);
});

test.each([
  '',
  'A',
  'A-',
  'A-s1',
  'A-s1-',
  'A-s1-x',
  '--x',
  '-s1--x',
  'A-B--x',
  'A-s--x',
  'A-s1-s2--x',
  'A-m5-s2--x',
  'A-C1-S5--x',
  'A-s+5--x',
  'A-s5-m-3--x',
  'A-s5x--x',
  'A-s0x5--x',
  'A-s1e3--x',
  'WORM-s1-m123.5--x',
  'A--x\ny',
  'A--x\0y',
  'A--x\u0100',
  `SHA256E--x.a${ext63}`,
  `SHA256EE--x.a${ext63}`,
  `OTHERE--x.y.${ext63}`,
  'A-s9007199254740992--x',
  `A--${'x'.repeat(8190)}`,
])('%j is none', (text) => {
  expect(parseKey(text)).toBeUndefined();
});

test('two spellings of a number are one key', () => {
  expect(parseKey('SHA256-s007-m00--x')).toBe('SHA256-s7-m0--x');
  expect(parseKey(`A-s${'0'.repeat(100)}1--x`)).toBe('A-s1--x');
});

test('a field can be read without the others', () => {
  const key = keyOf('WORM-s12-m34-S5-C6--a--b');
  expect(keyFields(key)).toEqual({
    variety: 'WORM',
    sizeBytes: 12,
    mtime: 34,
    chunkSizeBytes: 5,
    chunkNumber: 6,
    name: 'a--b',
  });
  expect([keyVariety(key), keySizeBytes(key), keyName(key)]).toEqual(['WORM', 12, 'a--b']);
});

test.each([
  ['SHA256-s1-S5-C2--x', 'SHA256-s1--x'],
  ['SHA256-S5-C2--x', 'SHA256--x'],
  ['SHA256-S5--x', 'SHA256--x'],
  ['SHA256-s1-m2-C5--x-S1--', 'SHA256-s1-m2--x-S1--'],
  ['SHA256-s1--x-S5-C2--', 'SHA256-s1--x-S5-C2--'],
  ['SHA256--x', 'SHA256--x'],
])('the parent of %s is %s', (chunk, parent) => {
  expect(parentKey(keyOf(chunk))).toBe(parent);
});

describe('for any fields', () => {
  const byte = fc.integer({ min: 1, max: 255 }).filter((code) => code !== 0x0a);
  const bytes = fc.array(byte, { maxLength: 60 }).map((codes) => String.fromCharCode(...codes));
  const number = fc.option(fc.oneof(fc.nat(20), fc.maxSafeNat()), { nil: undefined });
  const anyFields: fc.Arbitrary<KeyFields> = fc.record({
    variety: bytes.map((text) => `V${text.replaceAll('-', '')}`),
    sizeBytes: number,
    mtime: number,
    chunkSizeBytes: number,
    chunkNumber: number,
    name: fc.oneof(bytes, fc.stringMatching(/^[-a.sS0-9]{0,20}$/)),
  });

  test('what is formatted parses to the same', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const key = parseKey(formatKey(fields));
        expect(key).toBe(formatKey(fields));
        if (key === undefined) return;
        expect(keyFields(key)).toEqual(fields);
        expect(keySizeBytes(key)).toBe(fields.sizeBytes);
        expect(keyVariety(key)).toBe(fields.variety);
        expect(keyName(key)).toBe(fields.name);
        const { variety, sizeBytes, mtime, name } = fields;
        expect(parentKey(key)).toBe(formatKey({ variety, sizeBytes, mtime, name }));
      }),
    );
  });

  test('any text is a key in one form or none', () => {
    const text = fc.oneof(bytes, fc.stringMatching(/^[AE]{0,2}(-[smSCx]?0?[0-9x]{0,2}){0,5}--?[a.\n]{0,3}$/));
    fc.assert(
      fc.property(text, (text) => {
        const key = parseKey(text);
        if (key === undefined) return;
        expect(parseKey(key)).toBe(key);
        expect(formatKey(keyFields(key))).toBe(key);
        // The grammar in one line.
        expect(text).toMatch(/^[^-]+(-s\d+)?(-m\d+)?(-S\d+)?(-C\d+)?--[^]*$/);
      }),
      { numRuns: 2000 },
    );
  });
});

function keyOf(text: string): Key {
  const key = parseKey(text);
  if (key === undefined) throw new Error(`${text} is no key`);
  return key;
}
