// Names that real git-annex's initcluster took for legal, or did not.
import { expect, test } from 'vitest';
import { textToByteString } from '../util/byte-string.ts';
import { isLegalRemoteName, sanitizeRemoteName } from './remote-name.ts';

test.each(['a.b', 'a-', '_a', '1', 'a..b', 'x.', 'ü', 'é١', 'ß', '日本', 'x²', '½', 'aª', 'Ⅷ'])(
  '%s is legal',
  (name) => {
    expect(isLegalRemoteName(textToByteString(name))).toBe(true);
    expect(sanitizeRemoteName(textToByteString(name))).toBe(textToByteString(name));
  },
);

test.each(['', '.a', '-a', '/a', 'a/b', 'a b', 'a:b', 'aͣ', 'e\u0301', 'ok@x', 'a~', 'a\n'])(
  '%j is not',
  (name) => {
    expect(isLegalRemoteName(textToByteString(name))).toBe(false);
    expect(isLegalRemoteName(sanitizeRemoteName(textToByteString(name)))).toBe(true);
  },
);

test('bytes that are no text are not legal', () => {
  expect(isLegalRemoteName('a\xe9')).toBe(false);
  expect(sanitizeRemoteName('a\xe9')).toBe('a');
});

test('what is left of a name', () => {
  expect(sanitizeRemoteName('host.example/path:1')).toBe('host.example_path1');
  expect(sanitizeRemoteName('???')).toBe('unnamed');
});
