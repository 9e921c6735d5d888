// Every row is what `git annex maxsize here TEXT` of both releases made of the text.
import { describe, expect, test } from 'vitest';
import { parseSizeText, roundHalfEven } from './size-text.ts';

const taken: readonly (readonly [string, bigint])[] = [
  ['100', 100n],
  ['100 gigabytes', 100_000_000_000n],
  ['0.8TB', 800_000_000_000n],
  ['1 kb', 1000n],
  ['1 K', 1000n],
  ['1 KiB', 1024n],
  ['1 ki', 1024n],
  ['1 kibibytes', 1024n],
  ['1 yib', 1_208_925_819_614_629_174_706_176n],
  ['1 YB', 999_999_999_999_999_983_222_784n],
  ['1 quettabyte', 1_000_000_000_000_000_019_884_624_838_656n],
  ['1 kilobits', 125n],
  ['1 mbit', 125_000n],
  ['1.5', 2n],
  ['2.5', 2n],
  ['1.0005kb', 1000n],
  ['2.0005 kb', 2001n],
  ['1e3 kb', 1_000_000n],
  ['1e', 1_000_000_000_000_000_000n],
  ['1.kb', 1n],
  ['1.5.5', 2n],
  ['0x10 kb', 16_000n],
  ['0o17', 15n],
  ['5,000', 5n],
  ['5kb/s', 5000n],
  ['1 megabytes of', 1_000_000n],
  ['( 5 ) kb', 5000n],
  ['(5)) kb', 5n],
  ['(-5)', -5n],
  ['- 5 kb', -5000n],
  ['12\u00a0kb', 12_000n],
  ['123456789012345678', 123_456_789_012_345_680n],
];

const refused: readonly string[] = [
  '',
  'kb',
  '.5kb',
  '+5',
  '--5',
  '- (5)',
  '(5 kb',
  '1 bit',
  '1 kbits',
  '1 kibit',
  '1 kbs',
  '1 RiB',
  '1 kilo byte',
  '1kb\u00e9',
  '0x',
  '\u0663 kb',
];

describe('parseSizeText', () => {
  test.each(taken)('%s is %d bytes', (text, bytes) => {
    expect(parseSizeText(text)).toBe(bytes);
  });

  test.each(refused)('"%s" is no size', (text) => {
    expect(parseSizeText(text)).toBeUndefined();
  });

  test('what is past the range of numbers is no size here', () => {
    for (const text of ['1e400', '1e308 kb', 'Infinity', 'NaN']) expect(parseSizeText(text)).toBeUndefined();
  });
});

test('halves are rounded to the even number', () => {
  expect([0.5, 1.5, 2.5, 2.4, 2.6].map((value) => roundHalfEven(value))).toEqual([0, 2, 2, 2, 3]);
});
