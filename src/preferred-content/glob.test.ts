import { describe, expect, test } from 'vitest';
import { textToByteString } from '../util/byte-string.ts';
import { parseGlob, type GlobOptions } from './glob.ts';

// The rules are those that random globs were found to follow with git-annex.
const rows: readonly (readonly [glob: string, text: string, matches: boolean, options?: GlobOptions])[] = [
  ['*.mp3', 'a/b.mp3', true],
  ['*.mp3', 'b.MP3', false],
  ['*.mp3', 'b.MP3', true, { ignoreCase: true }],
  ['a?c', 'abc', true],
  ['a?c', 'aöc', true],
  ['a?c', 'ac', false],
  ['a', 'ab', false],
  ['', '', true],
  ['*', '', true],
  ['?*', '', false],
  ['public//*', 'public/x', false, { isPath: true }],
  ['a/b', 'a//b', true, { isPath: true }],
  ['a/b', 'a//b', false],
  ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false],
  ['[^a-c]x', 'dx', true],
  ['[]a]', ']', true],
  ['[a-]', '-', true],
  ['x[[]1]', 'x[1]', true],
  ['[[:space:]]', ' ', true],
  ['[[:space:]]', '\n', true],
  ['[![:alpha:]]*', '1a', true],
  ['[[:alpha:]]', '\\', true],
  ['[a[:digit:]]', '\\', true],
  ['[^[:alpha:]]', '\\', false],
  ['[a^]', '\\', false],
  ['[!!]', '\\', true],
  ['[ö-ü]', 'ö', true],
  ['[a-c]', 'B', true, { ignoreCase: true }],
  ['\\*', '\\x', true],
  ['a+b', 'a+b', true],
  ['*feed', 'line\nfeed', true],
  ['line', 'line\nfeed', true],
  ['line?feed', 'line\nfeed', false],
  ['line[^a]feed', 'line\nfeed', false],
];

describe('parseGlob', () => {
  test.each(rows)('%s with %j: %s', (...row) => {
    const [glob, text, matches, options] = row as unknown as (typeof rows)[number];
    expect(parseGlob(textToByteString(glob), options)(textToByteString(text))).toBe(matches);
  });

  test('a byte that is not UTF-8 is one character', () => {
    expect(parseGlob('bad?')('bad\xff')).toBe(true);
    expect(parseGlob('bad\xff')('bad\xff')).toBe(true);
    expect(parseGlob('bad\xff')('bad\xfe')).toBe(false);
  });

  test.each(['[', '[a', '[]', '[z-a]', '[[:nope:]]'])('"%s" makes no sense', (glob) => {
    expect(() => parseGlob(glob)).toThrow('bad character class');
  });

  test('takes no more than the product of the lengths', () => {
    expect(parseGlob('*a'.repeat(200))('a'.repeat(4000) + 'b')).toBe(false);
  });
});
