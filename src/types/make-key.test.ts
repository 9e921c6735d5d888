// Names are those that `git annex calckey --backend=WORM` and `git annex fromkey URL` gave.
import { expect, test } from 'vitest';
import { textToByteString } from '../util/byte-string.ts';
import { parseKey } from './key.ts';
import { hashKey, keyNameOf } from './make-key.ts';

const a64 = 'a'.repeat(64);

test.each([
  ['a b,c', 'a,32b,,c'],
  ['sub/a b,c', 'sub/a,32b,,c'],
  ['a&b%c:d', 'a,38b%c:d'],
  ['+=~!', ',43,61,126,33'],
  ['tab\tx', 'tab,9x'],
  ['.-_', '.-_'],
  ['é', ',233'],
  ['日本', ',26085,26412'],
  ['٣x', ',1635x'],
  ['x😀', 'x,128512'],
  ['http://example.com/x?x=1&y=2', 'http://example.com/x,63x,611,38y,612'],
  [a64, a64],
  [' '.repeat(40), ',32'.repeat(40)],
  ['é'.repeat(32), ',233'.repeat(32)],
  ['é'.repeat(33), `${',233'.repeat(7)},23-077487916da57cf9188bbd0c5e604050`],
  [`${a64}a`, `${'a'.repeat(31)}-c743a45e0d2e6a95cb859adae0248435`],
  [`a ${a64}`, `a,32${'a'.repeat(27)}-d0d5475dd864cc54c912fe9bcab8de9c`],
  [`http://example.com/${a64}`, 'http://example.com/aaaaaaaaaaaa-88a167e05a6fcf5bfbb7a8139ac958eb'],
])('the name of %s is %s', (text, name) => {
  expect(keyNameOf(textToByteString(text))).toBe(name);
});

test('bytes that are no UTF-8 count one by one', () => {
  expect(keyNameOf('\xff')).toBe(',56575');
  expect(keyNameOf('\xed\xa0\x80\xf4\x90\x80\x80\xc0\x80z')).toBe(
    ',56557,56480,56448,56564,56464,56448,56448,56512,56448z',
  );
  expect(keyNameOf('\xe2\x82')).toBe(',56546,56450');
});

test('the key of hashed content has the extension that its variety asks for', () => {
  const options = { digestHex: 'abc', sizeBytes: 3, fileName: 'dir/a.tar.gz' };
  expect(hashKey({ ...options, variety: 'SHA256E' })).toBe('SHA256E-s3--abc.tar.gz');
  expect(hashKey({ ...options, variety: 'SHA256E', maxExtensions: 1 })).toBe('SHA256E-s3--abc.gz');
  expect(hashKey({ ...options, variety: 'SHA256' })).toBe('SHA256-s3--abc');
});

test('is a key whatever the limits are', () => {
  const options = { variety: 'MD5E', digestHex: 'abc', sizeBytes: 3, maxExtensionLength: 200 };
  const fits = hashKey({ ...options, fileName: `x.${'a'.repeat(63)}` });
  expect(parseKey(fits)).toBe(`MD5E-s3--abc.${'a'.repeat(63)}`);
  expect(hashKey({ ...options, fileName: `x.${a64}` })).toBe('MD5E-s3--abc');
});
