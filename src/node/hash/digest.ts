/**
 * Whether bytes are a key's content, told by its hash while they pass (git-annex's verification of transferred
 * content). The key's size is the business of whoever receives the bytes.
 */

import type { ContentDigest, DigestFactory } from '../../remote/remote.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { backendOf, type HashName } from '../../types/backend.ts';
import { keyName, keyVariety, type Key } from '../../types/key.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { createHasher } from './create-hasher.ts';

/**
 * A digest for a key. What no hash can verify matches everything, as git-annex takes it: WORM, URL, external backends,
 * varieties of the future, and VURL, whose hashes are not in the key.
 */
export const digestFactory: DigestFactory = (key) => {
  const { hash } = backendOf(keyVariety(key));
  return hash === undefined ? unverifiable : new HashDigest(key, hash);
};

const unverifiable: ContentDigest = Object.freeze({ update: () => {}, matches: () => true });

class HashDigest implements ContentDigest {
  readonly #key: Key;
  readonly #hash: HashName;
  readonly #hasher;
  #matches: boolean | undefined;

  constructor(key: Key, hash: HashName) {
    this.#key = key;
    this.#hash = hash;
    this.#hasher = createHasher(hash);
  }

  update(chunk: Uint8Array): void {
    if (this.#matches !== undefined)
      throw new AnnexError('invariant', `more content of ${this.#key} after its hash`);
    this.#hasher.update(chunk);
  }

  matches(): boolean {
    this.#matches ??= isHashOfKey(this.#key, this.#hash, this.#hasher.digestHex());
    return this.#matches;
  }
}

function isHashOfKey(key: Key, hash: HashName, digestHex: string): boolean {
  const name = keyName(key);
  // `GITBUNDLE-sN--UUID-SHA256`
  if (keyVariety(key) === 'GITBUNDLE') return name.slice(name.lastIndexOf('-') + 1) === digestHex;
  // git-annex passes over an extension in a key of any hash, also where the variety has none.
  const dot = name.indexOf('.');
  const named = dot === -1 ? name : name.slice(0, dot);
  if (hash === 'XXH3') return isSpellingOfXXH3(named, digestHex);
  // Keys made long ago from the output of sha256sum, which puts a backslash before the hash of an odd file name.
  return named === digestHex || named === `\\${digestHex}`;
}

/**
 * git-annex documents that XXH3 is a smaller hash than MD5 and exists in builds for 64 bits, not how its number is
 * written; no release with it was at hand. Refusing good content is worse here than taking four spellings of a hash that
 * protects from accidents alone. A name that can be no spelling of 64 bits is not verified.
 */
function isSpellingOfXXH3(named: ByteString, digestHex: string): boolean {
  if (!/^(?:[0-9a-f]{1,16}|[0-9]{1,20})$/.test(named)) return true;
  const bytes = digestHex.match(/../g) ?? [];
  const spellings = [
    digestHex,
    digestHex.replace(/^0+(?=.)/, ''),
    BigInt(`0x${digestHex}`).toString(),
    bytes.reverse().join(''),
  ];
  return spellings.includes(named);
}
