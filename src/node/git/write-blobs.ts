/**
 * Writes many blobs with one process: as a pack on the standard input of `git unpack-objects`, which makes loose objects
 * of them and leaves out those that are there already. (`hash-object --stdin-paths` would need a file for each.)
 *
 * The pack: `PACK`, version 2, the count; of each object its type and size (4 bits, then 7 a byte), then its bytes
 * deflated; at the end the hash of all that. See gitformat-pack(5).
 */

import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { GitRepository } from './git-repository.ts';
import { durable } from './durable.ts';

/** The id of each blob, in order, once all are on the disk. */
export async function writeBlobs(
  repository: GitRepository,
  blobs: readonly Uint8Array[],
): Promise<readonly string[]> {
  if (blobs.length === 0) return [];
  const { objectFormat } = repository;
  await repository.run([...durable, 'unpack-objects', '-q'], { input: packOf(blobs, objectFormat) });
  return blobs.map((blob) => blobId(blob, objectFormat));
}

/** What git calls this content. */
export function blobId(blob: Uint8Array, objectFormat: 'sha1' | 'sha256'): string {
  return createHash(objectFormat).update(`blob ${blob.length}\0`).update(blob).digest('hex');
}

async function* packOf(blobs: readonly Uint8Array[], objectFormat: string): AsyncGenerator<Uint8Array> {
  const hash = createHash(objectFormat);
  const header = Buffer.alloc(12);
  header.write('PACK');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(blobs.length, 8);
  hash.update(header);
  yield header;
  for (const blob of blobs) {
    const piece = Buffer.concat([objectHeader(blob.length), deflateSync(blob, { level: 1 })]);
    hash.update(piece);
    yield piece;
  }
  yield hash.digest();
}

function objectHeader(sizeBytes: number): Buffer {
  const bytes: number[] = [];
  let byte = (blobType << 4) | (sizeBytes & 0x0f);
  for (let rest = Math.floor(sizeBytes / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(byte | 0x80);
    byte = rest & 0x7f;
  }
  bytes.push(byte);
  return Buffer.from(bytes);
}

const blobType = 3;
