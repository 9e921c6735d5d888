/**
 * Hash directories: the two levels of directories that git-annex spreads keys over (its page "internals: hashing").
 *
 * Both come from the MD5 of the key. A chunk's are those of the key that it is a chunk of, so that all chunks of a key
 * stand together. Lower is used by the git-annex branch, bare repositories and most special remotes, mixed by others.
 */

import { md5 } from '@noble/hashes/legacy.js';
import { byteStringToBytes, type ByteString } from '../util/byte-string.ts';
import { parentKey, type Key } from './key.ts';

/** `xxx/yyy/`: the first six digits of the MD5, in hexadecimal. */
export function hashDirLower(key: Key): ByteString {
  const word = digestBeginning(key);
  const hex = (((word & 0xff) << 16) | (word & 0xff00) | (word >> 16)).toString(16).padStart(6, '0');
  return `${hex.slice(0, 3)}/${hex.slice(3)}/`;
}

/** `Xy/Zw/`: two characters for each level, which differ on file systems that do not tell upper case from lower, too. */
export function hashDirMixed(key: Key): ByteString {
  const word = digestBeginning(key);
  // Five bits at every sixth; each pair is written in reverse.
  const at = (index: number): string => mixedAlphabet[(word >> (6 * index)) & 31] ?? '';
  return `${at(1)}${at(0)}/${at(3)}${at(2)}/`;
}

// A client asks of one key several times (is it there, where, give it), every node of a cluster is asked, and an MD5 takes
// microseconds.
const lately = new Map<Key, number>();
const maxLately = 4096;

/** The first three bytes of the MD5, the first one lowest. */
function digestBeginning(key: Key): number {
  const known = lately.get(key);
  if (known !== undefined) return known;
  const [byte0 = 0, byte1 = 0, byte2 = 0] = md5(byteStringToBytes(parentKey(key)));
  const word = byte0 | (byte1 << 8) | (byte2 << 16);
  if (lately.size >= maxLately) lately.clear();
  lately.set(key, word);
  return word;
}

const mixedAlphabet = '0123456789zqjxkmvwgpfZQJXKMVWGPF';
