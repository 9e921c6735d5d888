/**
 * The hashes of git-annex's backends, each as one streaming object, from whatever computes it fastest and correctly:
 * Node's OpenSSL, @napi-rs/blake-hash, or our own WebAssembly. `test/interop/hashes.test.ts` holds each against
 * `git annex calckey`.
 */

import { createHash, type Hash } from 'node:crypto';
import { AnnexError } from '../../types/annex-error.ts';
import type { HashName } from '../../types/backend.ts';
import { createBlakeHasher } from './blake-hasher.ts';
import type { Hasher } from './hasher.ts';
import { createSkein256, createSkein512, createXXH3 } from './wasm-hasher.ts';

/** Throws AnnexError `config` where the machine has no way to compute this hash. */
export function createHasher(hash: HashName): Hasher {
  switch (hash) {
    case 'MD5':
    case 'SHA1':
    case 'SHA224':
    case 'SHA256':
    case 'SHA384':
    case 'SHA512':
      return createNodeHasher(hash);
    case 'SHA3_224':
    case 'SHA3_256':
    case 'SHA3_384':
    case 'SHA3_512':
      return createNodeHasher(hash.replace('_', '-'));
    case 'SKEIN256':
      return createSkein256();
    case 'SKEIN512':
      return createSkein512();
    case 'XXH3':
      return createXXH3();
    case 'BLAKE2B160':
    case 'BLAKE2B224':
    case 'BLAKE2B256':
    case 'BLAKE2B384':
    case 'BLAKE2B512':
    case 'BLAKE2BP512':
    case 'BLAKE2S160':
    case 'BLAKE2S224':
    case 'BLAKE2S256':
    case 'BLAKE2SP224':
    case 'BLAKE2SP256':
    case 'BLAKE3_256':
      return createBlakeHasher(hash);
  }
}

function createNodeHasher(algorithm: string): Hasher {
  const hash = startNodeHash(algorithm);
  return {
    update: (chunk) => void hash.update(chunk),
    digestHex: () => hash.digest('hex'),
  };
}

// A Node that was built or configured without some hash (MD5 under FIPS) says so only now.
function startNodeHash(algorithm: string): Hash {
  try {
    return createHash(algorithm);
  } catch (error) {
    throw new AnnexError('config', `${algorithm} cannot be computed here: this Node has no such hash`, {
      cause: error,
    });
  }
}
