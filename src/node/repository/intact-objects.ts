/**
 * Whether an object is still what its key says, for objects that may be written to: with annex.thin an unlocked file of
 * the work tree is the object, and whoever edits it has changed the only copy. git-annex takes such an object for absent
 * (it remembers in its database how the file looked), and so do we, by hashing it once for each state of the file.
 *
 * An object that nobody may write, with one name and the right size, is taken at its word.
 */

import type { BigIntStats, Stats } from 'node:fs';
import type { DigestFactory } from '../../remote/remote.ts';
import { backendOf } from '../../types/backend.ts';
import { keyFields, type Key } from '../../types/key.ts';
import type { Clock } from '../../util/clock.ts';
import type { BufferPool } from './buffer-pool.ts';
import { closeFile, filePath, openFile, openObjectFlags, readAt, statDescriptor } from './file-system.ts';
import type { ObjectLocation } from './object-location.ts';

export interface IntactObjectsOptions {
  readonly digestFactory: DigestFactory;
  readonly pool: BufferPool;
  readonly clock: Clock;
  /** A file system without modes, where every file looks as if it could be written. */
  readonly isCrippled: boolean;
}

export class IntactObjects {
  readonly #options: IntactObjectsOptions;
  /** By path: the state in which the file was hashed last, and what came of it. */
  readonly #known = new Map<string, { readonly state: string; readonly isIntact: boolean }>();

  constructor(options: IntactObjectsOptions) {
    this.#options = options;
  }

  /** Whether the object cannot change under us. */
  isLocked(stats: Pick<Stats | BigIntStats, 'nlink' | 'mode'>): boolean {
    return Number(stats.nlink) === 1 && (this.#options.isCrippled || (Number(stats.mode) & 0o222) === 0);
  }

  /**
   * Whether the file is the key's content. Reads it all where it may have been written to since the last time.
   * @param isReceived whether the file is the one that it was received into, too.
   */
  async isIntact(
    location: ObjectLocation,
    stats: BigIntStats,
    isReceived: () => Promise<boolean>,
  ): Promise<boolean> {
    const sizeBytes = contentSizeBytes(location.key);
    if (!stats.isFile() || (sizeBytes !== undefined && stats.size !== BigInt(sizeBytes))) return false;
    if (this.isLocked(stats)) return true;
    // Read-only, and its second name is the one it was received under: a crash brought that back or kept it.
    if (stats.nlink === 2n && (stats.mode & 0o222n) === 0n && (await isReceived())) return true;
    // Nothing can tell whether it was edited, so it cannot be counted on.
    if (!isVerifiable(location.key)) return false;
    const known = this.#known.get(location.object);
    if (known?.state === stateOf(stats)) return known.isIntact;
    return await this.#hash(location);
  }

  /** Remembers what became known while the file was read for another purpose. */
  remember(location: ObjectLocation, stats: BigIntStats, isIntact: boolean): void {
    this.#known.delete(location.object);
    // A file written to just now may be written to again without looking different.
    if (this.#options.clock.now() - Number(stats.mtimeNs / 1_000_000n) < settledMs) return;
    this.#known.set(location.object, { state: stateOf(stats), isIntact });
    if (this.#known.size <= maxKnown) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  async #hash(location: ObjectLocation): Promise<boolean> {
    const descriptor = await openFile(filePath(location.object), openObjectFlags);
    const buffer = this.#options.pool.take();
    try {
      const before = await statDescriptor(descriptor, { bigint: true });
      const digest = this.#options.digestFactory(location.key);
      for (let position = 0; ; ) {
        const length = await readAt(descriptor, buffer.bytes, position);
        if (length === 0) break;
        digest.update(buffer.bytes.subarray(0, length));
        position += length;
      }
      const after = await statDescriptor(descriptor, { bigint: true });
      const isIntact = stateOf(before) === stateOf(after) && digest.matches();
      this.remember(location, after, isIntact);
      return isIntact;
    } finally {
      buffer.release();
      await closeFile(descriptor);
    }
  }
}

/** The size of a key's content in bytes. A chunk key's size is that of the whole key, and says nothing of the chunk. */
export function contentSizeBytes(key: Key): number | undefined {
  const { sizeBytes, chunkSizeBytes, chunkNumber } = keyFields(key);
  return chunkSizeBytes === undefined && chunkNumber === undefined ? sizeBytes : undefined;
}

/** Whether a hash can tell the key's content. */
export function isVerifiable(key: Key): boolean {
  const { variety, chunkSizeBytes, chunkNumber } = keyFields(key);
  return backendOf(variety).hash !== undefined && chunkSizeBytes === undefined && chunkNumber === undefined;
}

function stateOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

const maxKnown = 10_000;
const settledMs = 2000;
