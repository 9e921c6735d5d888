// Vectors from `git annex examinekey`.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { hashDirLower, hashDirMixed } from './hash-dirs.ts';
import { formatKey, parseKey } from './key.ts';

test.each([
  ['WORM--test', '39f/be7/', 'jK/KF/'],
  ['SHA256E-s6--5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03', '992/280/', 'zK/02/'],
  ['SHA256-s7--x', 'e80/d19/', 'J8/6v/'],
  ['SHA256--', 'e2a/5a5/', 'J2/9M/'],
  ['X/Y-s1--a/b&c%d:e', '5ac/451/', 'wM/fW/'],
  ['a--\xff\xc3\xa9', 'ae5/52e/', 'Qk/q5/'],
  // Chunks stand with their parent, `A--x` and `A-s1--x`.
  ['A-S5--x', 'c92/ad6/', 'q9/Z2/'],
  ['A-C5--x', 'c92/ad6/', 'q9/Z2/'],
  ['A-s1-S5-C0--x', '3af/4d4/', 'vM/Zm/'],
])('%s', (text, lower, mixed) => {
  const key = parseKey(text);
  if (key === undefined) throw new Error(`${text} is no key`);
  expect([hashDirLower(key), hashDirMixed(key)]).toEqual([lower, mixed]);
});

test('many keys, each asked for twice', () => {
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 300; index++) {
      const key = formatKey({ variety: 'WORM', sizeBytes: index, name: 'x' });
      const hex = createHash('md5').update(key).digest('hex');
      expect(hashDirLower(key)).toBe(`${hex.slice(0, 3)}/${hex.slice(3, 6)}/`);
    }
  }
});
