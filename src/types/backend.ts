/**
 * Backends: what the variety of a key says about its content (git-annex's page "backends").
 *
 * The table holds every variety of git-annex 10.20260624, of which BLAKE3 and XXH3 are only in some builds. Any other
 * variety is an "other key": carried, stored and moved, but never verified. A trailing `E` says that the name ends in
 * a file extension; GITBUNDLE's is part of its name.
 */

import type { ByteString } from '../util/byte-string.ts';

export type HashName =
  | 'MD5'
  | 'SHA1'
  | 'SHA224'
  | 'SHA256'
  | 'SHA384'
  | 'SHA512'
  | 'SHA3_224'
  | 'SHA3_256'
  | 'SHA3_384'
  | 'SHA3_512'
  | 'SKEIN256'
  | 'SKEIN512'
  | 'BLAKE2B160'
  | 'BLAKE2B224'
  | 'BLAKE2B256'
  | 'BLAKE2B384'
  | 'BLAKE2B512'
  | 'BLAKE2BP512'
  | 'BLAKE2S160'
  | 'BLAKE2S224'
  | 'BLAKE2S256'
  | 'BLAKE2SP224'
  | 'BLAKE2SP256'
  | 'BLAKE3_256'
  | 'XXH3';

export interface Backend {
  /** The hash that the key's name holds; undefined where no hash can verify the content. */
  readonly hash: HashName | undefined;
  /** Whether the name of a key ends in a file extension, which may then have 64 bytes at most. */
  readonly hasExtension: boolean;
  /**
   * Whether different content cannot be found for a key on purpose. Of a VURL key that depends on the hashes recorded
   * for it (git-annex calls one without any secure), of an external backend on its program: neither is known here, so
   * neither is called secure.
   */
  readonly cryptographicallySecure: boolean;
}

/** What is known of a variety, for instance `SHA256E`. Any variety has an answer. */
export function backendOf(variety: ByteString): Backend {
  return backends.get(variety) ?? (variety.endsWith('E') ? otherWithExtension : other);
}

/** Every hash that can verify content, in the order of the table. */
export const hashNames: readonly HashName[] = [
  ...(['MD5', 'SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512'] as const),
  ...(['SHA3_224', 'SHA3_256', 'SHA3_384', 'SHA3_512', 'SKEIN256', 'SKEIN512'] as const),
  ...(['BLAKE2B160', 'BLAKE2B224', 'BLAKE2B256', 'BLAKE2B384', 'BLAKE2B512', 'BLAKE2BP512'] as const),
  ...(['BLAKE2S160', 'BLAKE2S224', 'BLAKE2S256', 'BLAKE2SP224', 'BLAKE2SP256'] as const),
  ...(['BLAKE3_256', 'XXH3'] as const),
];

const insecure: ReadonlySet<HashName> = new Set(['MD5', 'SHA1', 'XXH3']);

const other: Backend = { hash: undefined, hasExtension: false, cryptographicallySecure: false };
const otherWithExtension: Backend = { ...other, hasExtension: true };

const backends: ReadonlyMap<ByteString, Backend> = new Map<ByteString, Backend>([
  ...hashNames.flatMap((hash): [string, Backend][] => {
    const plain = { hash, hasExtension: false, cryptographicallySecure: !insecure.has(hash) };
    return [
      [hash, plain],
      [`${hash}E`, { ...plain, hasExtension: true }],
    ];
  }),
  ['GITBUNDLE', { hash: 'SHA256', hasExtension: false, cryptographicallySecure: true }],
]);
