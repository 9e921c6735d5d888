// Each extension is the one that `git annex calckey --backend=MD5E` gave a file of that name, in both releases.
import { expect, test } from 'vitest';
import { textToByteString } from '../util/byte-string.ts';
import { selectExtension } from './extension.ts';

test.each([
  ['a.txt', '.txt'],
  ['dir.d/a.txt', '.txt'],
  ['dir.d/a', ''],
  ['.txt', ''],
  ['..a.b', '.b'],
  ['a.tar.gz', '.tar.gz'],
  ['a.b.c.d', '.c.d'],
  ['a.html5', ''],
  ['a.longer.gz', '.gz'],
  ['a.gz.longer', ''],
  ['a.g z', ''],
  ['a.g z.gz', '.gz'],
  ['a.gz.g z', '.gz'],
  ['a.', ''],
  ['a..', ''],
  ['a..gz', '.gz'],
  ['a.gz.', '.gz'],
  ['a.gz..xz', '.xz'],
  ['x.é', '.é'],
  ['x.éé', '.éé'],
  ['x.ééé', ''],
  ['noext', ''],
  ['.hidden', ''],
  ['.a.b.c', '.b.c'],
  ['a.x-y', ''],
  ['a.1234.567', '.1234.567'],
  ['a.TXT', '.TXT'],
  ['a.b_c', ''],
  ['a.abcd.e-f.gh', '.abcd.gh'],
  ['.. .', ''],
  ['x.a~.b', '.b'],
  ['a.12345.b', '.b'],
  ['a.bb.12-4.cc', '.bb.cc'],
  ['a.…', '.…'],
  ['...', ''],
])('%s has %j', (name, extension) => {
  expect(selectExtension(textToByteString(name))).toBe(textToByteString(extension));
});

test('bytes that are no text count as letters', () => {
  expect(selectExtension('x.\xff\xfe')).toBe('.\xff\xfe');
});

test.each([
  ['a.html5', '.html5'],
  ['a.longer.gz', '.longer.gz'],
  ['a.gz.longer', '.gz.longer'],
])('%s has %j where six bytes are allowed', (name, extension) => {
  expect(selectExtension(name, { maxExtensionLength: 6 })).toBe(extension);
});

test.each([
  [3, 'a.b.c.d', '.b.c.d'],
  [3, 'a.gz..xz', '.gz.xz'],
  [3, 'a.b.c.d.e', '.c.d.e'],
  [1, 'a.tar.gz', '.gz'],
  [0, 'a.txt', ''],
])('where %i are allowed %s has %j', (maxExtensions, name, extension) => {
  expect(selectExtension(name, { maxExtensions })).toBe(extension);
});
