// What counts as a key's content; each case was tried with `git annex setkey`, which verifies, of release 10.20261026.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseKey, type Key } from '../../types/key.ts';
import { digestFactory } from './digest.ts';

const hello = new TextEncoder().encode('hello\n');
const sha256 = createHash('sha256').update(hello).digest('hex');
const xxh3 = '99fc819aaba2462a';

test.each([
  `SHA256--${sha256}`,
  `SHA256-s6--${sha256}`,
  `SHA256-s6-m5--${sha256}`,
  `SHA256E-s6--${sha256}`,
  `SHA256E-s6--${sha256}.txt`,
  `SHA256E-s6--${sha256}.a.b.c.d`,
  `SHA256-s6--${sha256}.txt`,
  `SHA256-s6--\\${sha256}`,
  `SHA256E-s6--\\${sha256}.txt`,
  `GITBUNDLE-s6--2e3d-uuid-${sha256}`,
  `GITBUNDLE-s6--${sha256}`,
])('%s is hello', (text) => {
  expect(matches(text, hello)).toBe(true);
  expect(matches(text, hello.subarray(1))).toBe(false);
});

test.each([
  `SHA256--${sha256.toUpperCase()}`,
  `SHA256--\\\\${sha256}`,
  `SHA256--${sha256}-more`,
  `SHA256E--${sha256}-more`,
  `SHA256--.${sha256}`,
  'SHA256--',
  'SHA256E--.txt',
  `GITBUNDLE-s6--uuid-${sha256}.txt`,
  `GITBUNDLE-s6--uuid-\\${sha256}`,
  `GITBUNDLE-s6--uuid-${sha256.slice(1)}`,
  `GITBUNDLE-s6--uuid${sha256}`,
])('%s is not hello', (text) => {
  expect(matches(text, hello)).toBe(false);
});

test.each([
  'WORM-s5-m1--file',
  'URL--http://example.com/',
  'VURL--http://example.com/',
  'GITMANIFEST--2e3d',
  'XFOO--x',
  'SHA256EE--x',
  'SHA9000-s6--abc',
])('%s cannot be verified', (text) => {
  expect(matches(text, hello)).toBe(true);
});

test('XXH3 is taken in any spelling of its 64 bits', () => {
  const decimal = BigInt(`0x${xxh3}`).toString();
  const reversed = (xxh3.match(/../g) ?? []).reverse().join('');
  for (const name of [xxh3, decimal, reversed]) {
    expect(matches(`XXH3-s6--${name}`, hello)).toBe(true);
    expect(matches(`XXH3E-s6--${name}.txt`, hello)).toBe(true);
    expect(matches(`XXH3-s6--${name}`, hello.subarray(1))).toBe(false);
  }
  const zeroFirst = Uint8Array.of(0, 19);
  expect(matches('XXH3-s2--00e92db1dce7a727', zeroFirst)).toBe(true);
  expect(matches('XXH3-s2--e92db1dce7a727', zeroFirst)).toBe(true);
  expect(matches('XXH3-s2--e92db1dce7a728', zeroFirst)).toBe(false);
  expect(matches('XXH3-s6--of some other kind', hello)).toBe(true);
});

test('may be asked again, and takes no more content then', () => {
  const digest = digestFactory(key(`SHA256--${sha256}`));
  digest.update(hello);
  expect([digest.matches(), digest.matches()]).toEqual([true, true]);
  expect(() => digest.update(hello)).toThrow(/more content of SHA256--/);
});

function matches(text: string, content: Uint8Array): boolean {
  const digest = digestFactory(key(text));
  for (const byte of content) digest.update(Uint8Array.of(byte));
  return digest.matches();
}

function key(text: string): Key {
  const parsed = parseKey(text);
  if (parsed === undefined) throw new Error(`${text} is no key`);
  return parsed;
}
