import { describe, expect, test } from 'vitest';
import { textToByteString } from '../util/byte-string.ts';
import { quotePath, withoutControls } from './quote-path.ts';

// Names and their printed forms as both releases of git-annex printed them.
describe('quotePath', () => {
  const ascii: readonly (readonly [string, string])[] = [
    ['sub dir/s', 'sub dir/s'],
    ['new\nline', String.raw`"new\nline"`],
    ['q"uo\\te', String.raw`"q\"uo\\te"`],
    ['ta\tb', String.raw`"ta\tb"`],
    ['\x01\x7f', String.raw`"\001\177"`],
  ];

  test.each(ascii)('%j', (name, printed) => {
    for (const quoteNonASCII of [true, false]) expect(quotePath(name, { quoteNonASCII })).toBe(printed);
  });

  test('bytes that are not ASCII, by core.quotePath', () => {
    expect(quotePath(textToByteString('ä.txt'), { quoteNonASCII: true })).toBe(String.raw`"\303\244.txt"`);
    expect(quotePath('bad\xff.txt', { quoteNonASCII: true })).toBe(String.raw`"bad\377.txt"`);
    expect(quotePath(textToByteString('ä.txt'), { quoteNonASCII: false })).toBe('ä.txt');
    expect(quotePath(textToByteString('ä"'), { quoteNonASCII: false })).toBe(String.raw`"ä\""`);
  });
});

test('a description cannot steer the terminal', () => {
  expect(withoutControls('a\u001b[31mred\u009b0m\r\n\tb\x07')).toBe('a[31mred0m\n\tb');
});
