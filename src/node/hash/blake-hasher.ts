/**
 * The BLAKE family: natively by @napi-rs/blake-hash, which has its binaries in the package, for most platforms. Where
 * it has none, @noble/hashes computes BLAKE2b, BLAKE2s and BLAKE3 much more slowly; the parallel BLAKE2bp and BLAKE2sp are
 * then refused, since storing such content unverified would be worse.
 */

import type * as BlakePackage from '@napi-rs/blake-hash';
import { createRequire } from 'node:module';
import { blake2b, blake2s } from '@noble/hashes/blake2.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { AnnexError } from '../../types/annex-error.ts';
import type { HashName } from '../../types/backend.ts';
import type { Hasher } from './hasher.ts';

export type BlakeHash = Extract<HashName, `BLAKE${string}`>;

/** Throws AnnexError `config` where this machine can compute it in no way. */
export function createBlakeHasher(hash: BlakeHash): Hasher {
  const native = loadNative();
  return native === undefined ? createPortableBlakeHasher(hash) : createNativeHasher(hash, native);
}

/** Without the native package. Exported for tests of machines that lack it. */
export function createPortableBlakeHasher(hash: BlakeHash): Hasher {
  const { family, bytes } = blakeParameters(hash);
  switch (family) {
    case 'BLAKE2B':
      return fromNoble(blake2b.create({ dkLen: bytes }));
    case 'BLAKE2S':
      return fromNoble(blake2s.create({ dkLen: bytes }));
    case 'BLAKE3_':
      return fromNoble(blake3.create({ dkLen: bytes }));
    case 'BLAKE2BP':
    case 'BLAKE2SP':
      throw new AnnexError(
        'config',
        `${hash} cannot be computed here: @napi-rs/blake-hash has no binary for this platform`,
      );
  }
}

type Native = typeof BlakePackage;

let native: { readonly package: Native | undefined } | undefined;

function loadNative(): Native | undefined {
  native ??= { package: tryRequire() };
  return native.package;
}

function tryRequire(): Native | undefined {
  try {
    return createRequire(import.meta.url)('@napi-rs/blake-hash') as Native;
  } catch {
    return undefined;
  }
}

type BlakeFamily = 'BLAKE2B' | 'BLAKE2BP' | 'BLAKE2S' | 'BLAKE2SP' | 'BLAKE3_';

interface BlakeParameters {
  readonly family: BlakeFamily;
  readonly bytes: number;
}

// The last three digits of each name are the length of the hash in bits.
function blakeParameters(hash: BlakeHash): BlakeParameters {
  return { family: hash.slice(0, -3) as BlakeFamily, bytes: Number(hash.slice(-3)) / 8 };
}

interface NativeHasher {
  update(chunk: Buffer): unknown;
  digest(format: 'hex'): string;
}

function createNativeHasher(hash: BlakeHash, native: Native): Hasher {
  const hasher = startNative(blakeParameters(hash), native);
  return {
    update: (chunk) => void hasher.update(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
    digestHex: () => hasher.digest('hex'),
  };
}

function startNative({ family, bytes }: BlakeParameters, native: Native): NativeHasher {
  switch (family) {
    case 'BLAKE2B':
      return native.Blake2BHasher.withParams(sized(new native.Blake2BParam(), bytes));
    case 'BLAKE2BP':
      return native.Blake2BpHasher.withParams(sized(new native.Blake2BpParam(), bytes));
    case 'BLAKE2S':
      return native.Blake2SHasher.withParams(sized(new native.Blake2SParam(), bytes));
    case 'BLAKE2SP':
      return native.Blake2SpHasher.withParams(sized(new native.Blake2SpParam(), bytes));
    case 'BLAKE3_':
      return new native.Blake3Hasher();
  }
}

function sized<Param extends { hashLength(length: number): void }>(param: Param, bytes: number): Param {
  param.hashLength(bytes);
  return param;
}

function fromNoble(hash: { update(chunk: Uint8Array): unknown; digest(): Uint8Array }): Hasher {
  return {
    update: (chunk) => void hash.update(chunk),
    digestHex: () => Buffer.from(hash.digest()).toString('hex'),
  };
}
