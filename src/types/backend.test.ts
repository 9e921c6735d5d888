// Which are secure was asked of `git annex matchexpression securehash`.
import { expect, test } from 'vitest';
import { backendOf, hashNames } from './backend.ts';

test('every hash has a variety without and one with an extension', () => {
  for (const hash of hashNames) {
    const cryptographicallySecure = !['MD5', 'SHA1', 'XXH3'].includes(hash);
    expect(backendOf(hash)).toEqual({ hash, hasExtension: false, cryptographicallySecure });
    expect(backendOf(`${hash}E`)).toEqual({ hash, hasExtension: true, cryptographicallySecure });
  }
});

test.each([
  ['WORM', undefined, false, false],
  ['URL', undefined, false, false],
  ['VURL', undefined, false, false],
  ['XFOO', undefined, false, false],
  ['XFOOE', undefined, true, false],
  ['SHA256EE', undefined, true, false],
  ['sha256', undefined, false, false],
  ['GIT', undefined, false, false],
  ['GITBUNDLE', 'SHA256', false, true],
  ['GITMANIFEST', undefined, false, false],
  ['GPGHMACSHA1', undefined, false, false],
  ['constructor', undefined, false, false],
])('%s', (variety, hash, hasExtension, cryptographicallySecure) => {
  expect(backendOf(variety)).toEqual({ hash, hasExtension, cryptographicallySecure });
});
