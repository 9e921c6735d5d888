/**
 * KEYFILE: a key as the name of a file, as git-annex uses it for objects, temporary files, transfer files, logs of the
 * git-annex branch and most special remotes.
 *
 *     &  ->  &a      %  ->  &s      :  ->  &c      /  ->  %
 */

import type { ByteString } from '../util/byte-string.ts';
import { parseKey, type Key } from './key.ts';

/** The file name of a key. It is never empty, `.` or `..`, and has no `/`; it may be longer than a file system allows. */
export function keyFile(key: Key): ByteString {
  if (!special.test(key)) return key;
  return key.replace(/[&%:/]/g, (char) => escapes[char as Special]);
}

/**
 * The key that a file name stands for; undefined where there is none. As lenient as git-annex: an unknown escape loses
 * its `&`, and what needed none may stand for itself, so several names can give one key. Who must know that the name is
 * the key's own compares it with `keyFile`.
 */
export function parseKeyFile(name: ByteString): Key | undefined {
  if (name.includes('/')) return undefined;
  const text = escaped.test(name) ? name.replace(/%|&([asc]?)/g, unescapeOne) : name;
  return parseKey(text);
}

function unescapeOne(match: string, code: string | undefined): string {
  if (match === '%') return '/';
  return code === 'a' ? '&' : code === 's' ? '%' : code === 'c' ? ':' : '';
}

type Special = '&' | '%' | ':' | '/';

const escapes: Readonly<Record<Special, string>> = { '&': '&a', '%': '&s', ':': '&c', '/': '%' };
const special = /[&%:/]/;
const escaped = /[&%]/;
