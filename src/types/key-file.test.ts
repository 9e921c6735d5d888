import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyFile, parseKeyFile } from './key-file.ts';
import { formatKey } from './key.ts';

// As git-annex's objectpath has it.
test('each special character has its escape', () => {
  const key = formatKey({ variety: 'X/Y', sizeBytes: 1, name: 'a/b&c%d:e' });
  expect(keyFile(key)).toBe('X%Y-s1--a%b&ac&sd&ce');
  expect(parseKeyFile('X%Y-s1--a%b&ac&sd&ce')).toBe(key);
});

// As `git annex lookupkey` reads links with these names.
test.each([
  ['A--x&zy', 'A--xzy'],
  ['A--x&', 'A--x'],
  ['A--x:y', 'A--x:y'],
  ['A--x&&ay', 'A--x&y'],
  ['A--x&asy', 'A--x&sy'],
  ['A--x&&c', 'A--x:'],
  ['A&c--x', 'A:--x'],
  ['A-s007--x', 'A-s7--x'],
])('%s is read leniently', (name, key) => {
  expect(parseKeyFile(name)).toBe(key);
});

test.each(['', 'x', 'A--a/b', 'A--x\n'])('%j is no key', (name) => {
  expect(parseKeyFile(name)).toBeUndefined();
});

test('every key comes back from its file name, which is one component of a path', () => {
  const byte = fc.oneof(
    fc.constantFrom(...Array.from('&%:/acs', (char) => char.charCodeAt(0))),
    fc.integer({ min: 1, max: 255 }).filter((code) => code !== 0x0a),
  );
  const bytes = fc.array(byte, { maxLength: 40 }).map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(bytes, bytes, (variety, name) => {
      const key = formatKey({ variety: `V${variety.replaceAll('-', '')}`, name });
      const file = keyFile(key);
      expect(parseKeyFile(file)).toBe(key);
      expect(file).not.toContain('/');
    }),
  );
});
