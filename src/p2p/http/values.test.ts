import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesToByteString } from '../../util/byte-string.ts';
import { Query } from './query.ts';
import { decodeBase64, formatWrapped, parseInteger, parseWrapped, percentDecode } from './values.ts';

const byteStrings = fc.uint8Array({ maxLength: 60 }).map(bytesToByteString);

describe('wrapped values', () => {
  test.each([
    ['foo', 'foo'],
    ['[Zm9v]', 'foo'],
    ['[W2Zvb10=]', '[foo]'],
    ['[Zv8uZGF0]', 'f\xff.dat'],
    ['[foo', '[foo'],
    ['foo]', 'foo]'],
    ['[', '['],
    ['[]', ''],
    ['', ''],
    ['[W2Zvb10]', undefined],
    ['[Zm9v=]', undefined],
    ['[a+b/]', undefined],
    ['[a b=]', undefined],
  ])('%j is %j', (text, bytes) => expect(parseWrapped(text)).toBe(bytes));

  test('what is formatted is read back, and is UTF-8 on its way', () => {
    fc.assert(
      fc.property(byteStrings, (bytes) => {
        const wire = bytesToByteString(Buffer.from(formatWrapped(bytes), 'utf8'));
        expect(parseWrapped(wire)).toBe(bytes);
      }),
    );
  });

  test('either alphabet, for credentials', () => {
    expect(decodeBase64('dTo_-w==', 'either')).toBe('u:?\xfb');
    expect(decodeBase64('dTo/+w==', 'either')).toBe('u:?\xfb');
    expect(decodeBase64('dTo/+w==', 'url')).toBeUndefined();
    expect(decodeBase64('dTo_-w', 'either')).toBeUndefined();
  });
});

test('percent-decoding', () => {
  const keep = { plusIsSpace: false };
  expect(percentDecode('a%20b%zz%', keep)).toBe('a b%zz%');
  expect(percentDecode('%ff%C3%a4+', keep)).toBe('\xff\xc3\xa4+');
  expect(percentDecode('a+b%2B', { plusIsSpace: true })).toBe('a b+');
  fc.assert(
    fc.property(byteStrings, (bytes) => {
      const encoded = Array.from(bytes)
        .map((byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
        .join('');
      expect(percentDecode(encoded, keep)).toBe(bytes);
    }),
  );
});

test.each([
  ['0', 0],
  ['42', 42],
  [' ( ( 42 ) ) ', 42],
  ['007', 7],
  ['0x1F', 31],
  ['0o17', 15],
  ['-3', -3],
  ['(- 3)', -3],
  ['-0', 0],
  ['9'.repeat(40), Number.MAX_SAFE_INTEGER],
  ['', undefined],
  ['+3', undefined],
  ['-(3)', undefined],
  ['3.0', undefined],
  ['1e3', undefined],
  ['0b1', undefined],
  ['5x', undefined],
  ['(5', undefined],
  ['5)', undefined],
  ['NaN', undefined],
  ['('.repeat(100_000), undefined],
])('integer %j', (text, value) => expect(parseInteger(text)).toBe(value));

test('queries', () => {
  const query = new Query('a=1&b&c=&a=2;d=x+y%26&l=1&l[]=2&l%5B%5D=3&l[0]=4&=5&&e==f');
  expect(['a', 'b', 'c', 'd', 'e', ''].map((name) => query.first(name))).toEqual([
    '1',
    undefined,
    '',
    'x y&',
    '=f',
    '5',
  ]);
  expect(query.all('l')).toEqual(['1', '2', '3']);
  expect(new Query('').first('')).toBeUndefined();
});
