import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unescapeShell } from './unescape-shell.ts';

test.each([
  ['', []],
  ['  a \t b\n', ['a', 'b']],
  ["'a b' ''", ['a b', '']],
  [`'it'"'"'s'`, ["it's"]],
  [String.raw`'it'\''s' a\ b`, ["it's", 'a b']],
  [String.raw`"a\"b\$c\d"`, [String.raw`a"b$c\d`]],
  ["'open to the end", ['open to the end']],
  ['$HOME `x` *', ['$HOME', '`x`', '*']],
])('%j', (line, words) => {
  expect(unescapeShell(line)).toEqual(words);
});

test('words that were quoted one by one come back', () => {
  const quoted = (word: string): string => `'${word.replaceAll("'", `'"'"'`)}'`;
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 10 }), { maxLength: 5 }), (words) => {
      expect(unescapeShell(words.map(quoted).join(' '))).toEqual(words);
    }),
  );
});
