// Associated files on the wire: what git-annex was seen to send and to make of what it got (interop reference §4.3).
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAssociatedFile, parseAssociatedFile } from './associated-file.ts';

test.each([
  ['foo', 'foo'],
  ['dir%x y/f ile', 'dir%%x%y/f%ile'],
  ['100%', '100%%'],
  ['a\tb\nc\rd\ve\ff', 'a%b%c%d%e%f'],
  ['\xc3\xa9\xff', '\xc3\xa9\xff'],
])('%j is sent as %j', (file, word) => {
  expect(formatAssociatedFile(file)).toBe(word);
});

test.each([
  ['dir%%x%y/f%ile', 'dir%x_y/f_ile'],
  ['%%%', '%_'],
  ['%', '_'],
  ['a\u0001\u007fb', 'a__b'],
  ['\x80\xff', '\x80\xff'],
  ['../x', '../x'],
])('%j is read as %j', (word, file) => {
  expect(parseAssociatedFile(word)).toEqual({ file });
});

test('an empty word is no file, and no file is an empty word', () => {
  expect(parseAssociatedFile('')).toEqual({ file: undefined });
  expect(formatAssociatedFile(undefined)).toBe('');
});

test('an absolute path is not taken', () => {
  expect(parseAssociatedFile('/etc/passwd')).toBeUndefined();
});

test('names without white space and control characters come back as they were', () => {
  const name = fc
    .array(fc.integer({ min: 0x21, max: 0xff }), { minLength: 1, maxLength: 30 })
    .map((codes) => String.fromCharCode(...codes.map((code) => (code === 0x7f ? 0x25 : code))))
    .filter((file) => !file.startsWith('/'));
  fc.assert(
    fc.property(name, (file) => {
      expect(parseAssociatedFile(formatAssociatedFile(file))).toEqual({ file });
    }),
  );
});

test('any name becomes one word', () => {
  const name = fc
    .array(fc.integer({ min: 0, max: 0xff }), { maxLength: 30 })
    .map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(name, (file) => {
      expect(formatAssociatedFile(file)).not.toMatch(/[ \t\n\v\f\r]/);
    }),
  );
});
