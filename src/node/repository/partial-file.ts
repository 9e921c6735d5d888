/**
 * The file that content is received into, KEYFILE in the annex's `tmp`. What it holds is always the content from its beginning,
 * so that the next upload goes on at its end.
 *
 * Small chunks are put together in one buffer while another is on its way to the disk, and content is hashed as it goes
 * there. Every 32 MiB the disk is asked to flush in the background, which keeps the last flush short. Where a part was
 * there before, it is hashed from the file while new bytes come in.
 */

import { constants } from 'node:fs';
import type { ContentDigest } from '../../remote/remote.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { BufferPool, PooledBuffer, TransferBuffers } from './buffer-pool.ts';
import {
  chmodFile,
  closeFile,
  errorCode,
  filePath,
  flushData,
  openFile,
  readAt,
  statDescriptor,
  truncateDescriptor,
  unlinkFile,
  writeAt,
} from './file-system.ts';

export interface PartialFileOptions {
  readonly pool: BufferPool;
  /** Fed by the file itself; undefined where somebody else hashes. */
  readonly makeDigest: (offset: number) => ContentDigest | undefined;
  readonly wrote: (bytes: number) => void;
  /**
   * Large chunks may go to the disk without a copy. A crash just after an abort can then leave other bytes than were
   * sent, which only content that will be verified can bear.
   */
  readonly mayWriteDirectly: boolean;
}

export class PartialFile {
  readonly path: ByteString;
  /** What was there before. */
  readonly offset: number;
  readonly #descriptor: number;
  readonly #buffers: TransferBuffers;
  readonly #pool: BufferPool;
  readonly #digest: ContentDigest | undefined;
  readonly #wrote: (bytes: number) => void;
  readonly #mayWriteDirectly: boolean;
  #filling: PooledBuffer | undefined;
  #filled = 0;
  /** Where the next buffer goes in the file. */
  #position: number;
  /** So much is in the file for certain. */
  #inFile: number;
  #hashed = 0;
  #unflushed = 0;
  #writing: Promise<void> | undefined;
  #catchingUp: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  #closing = false;
  /** The first failure in the background. */
  #failure: { readonly error: unknown } | undefined;

  /** Opens what is there, or makes it. @param maxBytes what is longer cannot be a part, and is deleted. */
  static async open(
    path: ByteString,
    maxBytes: number | undefined,
    options: PartialFileOptions,
  ): Promise<PartialFile> {
    for (;;) {
      const descriptor = await openForWriting(path);
      try {
        const there = await statDescriptor(descriptor, { bigint: true });
        if (!there.isFile()) throw new Error(`${path} is in the way, and is no file`);
        const { size, nlink } = there;
        // A second name is an object's, left by a crash between two steps of storing: it must not be written to.
        if (nlink === 1n && (maxBytes === undefined || size <= BigInt(maxBytes))) {
          return new PartialFile(path, Number(size), descriptor, options);
        }
      } catch (caught) {
        await closeFile(descriptor);
        throw caught;
      }
      await closeFile(descriptor);
      await unlinkFile(filePath(path));
    }
  }

  private constructor(path: ByteString, offset: number, descriptor: number, options: PartialFileOptions) {
    this.path = path;
    this.offset = offset;
    this.#position = offset;
    this.#inFile = offset;
    this.#descriptor = descriptor;
    this.#pool = options.pool;
    this.#buffers = options.pool.transfer();
    this.#digest = options.makeDigest(offset);
    this.#wrote = options.wrote;
    this.#mayWriteDirectly = options.mayWriteDirectly;
  }

  /** How many bytes there are, received ones that are not yet on the disk among them. */
  get sizeBytes(): number {
    return this.#position + this.#filled;
  }

  /** Takes the next bytes; resolves when they have been copied or written. @param expected how many may still come. */
  async write(chunk: Uint8Array, expected: number | undefined): Promise<void> {
    this.#throwFailure();
    if (this.#mayWriteDirectly && this.#filled === 0 && chunk.length >= directBytes) {
      await this.#writing;
      this.#throwFailure();
      await this.#put(chunk);
      return;
    }
    for (let taken = 0; taken < chunk.length; ) {
      this.#filling ??= this.#buffers.take(
        expected === undefined ? undefined : Math.max(1, expected - taken),
      );
      const { bytes } = this.#filling;
      const part = chunk.subarray(taken, taken + bytes.length - this.#filled);
      bytes.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled === bytes.length) await this.#putFilled();
    }
  }

  /** All that was taken is in the file. */
  async drain(): Promise<void> {
    await this.#putFilled();
    await this.#writing;
    this.#throwFailure();
  }

  /** Whether all that is in the file is the key's content. Needs a digest. */
  async matches(): Promise<boolean> {
    await this.drain();
    while (this.#digest !== undefined && this.#hashed < this.#inFile) {
      await this.#catchUp();
      this.#throwFailure();
    }
    return this.#digest?.matches() ?? false;
  }

  /** What is in the file survives a power cut. */
  async flush(): Promise<void> {
    await this.#flushing;
    this.#throwFailure();
    await flushData(this.#descriptor);
  }

  /** Drops what came after the first `sizeBytes`. The next call must be `close`. */
  async cutBack(sizeBytes: number): Promise<void> {
    this.#closing = true;
    this.#filled = Math.min(this.#filled, Math.max(0, sizeBytes - this.#position));
    if (this.#failure === undefined) await this.#putFilled();
    await this.#settle();
    const { size } = await statDescriptor(this.#descriptor, { bigint: true });
    if (size > BigInt(sizeBytes)) await truncateDescriptor(this.#descriptor, sizeBytes);
  }

  /** Never fails. What was received is kept if it can be; a file without any bytes is deleted. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#failure === undefined && this.#filled > 0) await this.drain().catch(() => undefined);
    await this.#settle();
    this.#filling?.release();
    this.#filling = undefined;
    const size = await statDescriptor(this.#descriptor, { bigint: true }).catch(() => undefined);
    if (size?.size === 0n && size.nlink === 1n) await unlinkFile(filePath(this.path)).catch(() => false);
    await closeFile(this.#descriptor).catch(() => undefined);
  }

  async #putFilled(): Promise<void> {
    const full = this.#filling;
    if (full === undefined) return;
    await this.#writing;
    // After a failed write another one would leave a hole.
    this.#throwFailure();
    this.#filling = undefined;
    const bytes = full.bytes.subarray(0, this.#filled);
    this.#filled = 0;
    this.#writing = this.#put(bytes)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        full.release();
        this.#writing = undefined;
      });
  }

  async #put(bytes: Uint8Array): Promise<void> {
    const position = this.#position;
    const written = writeAt(this.#descriptor, bytes, position);
    this.#position += bytes.length;
    // Hashed while the disk is at work; what comes after a part that is not hashed yet has to wait for it.
    if (this.#hashed === position) {
      this.#digest?.update(bytes);
      this.#hashed += bytes.length;
    }
    try {
      await written;
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
    this.#inFile = position + bytes.length;
    this.#wrote(bytes.length);
    this.#unflushed += bytes.length;
    if (this.#closing) return;
    if (this.#unflushed >= flushEveryBytes) this.#flushInBackground();
    if (this.#hashed < this.#inFile) void this.#catchUp();
  }

  /** Hashes what is in the file from where hashing is. */
  #catchUp(): Promise<void> {
    if (this.#digest === undefined) return Promise.resolve();
    this.#catchingUp ??= this.#hashFile(this.#digest)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#catchingUp = undefined;
      });
    return this.#catchingUp;
  }

  async #hashFile(digest: ContentDigest): Promise<void> {
    const buffer = this.#pool.take();
    try {
      while (this.#hashed < this.#inFile && this.#failure === undefined && !this.#closing) {
        const want = Math.min(buffer.bytes.length, this.#inFile - this.#hashed);
        const length = await readAt(this.#descriptor, buffer.bytes.subarray(0, want), this.#hashed);
        if (length === 0) throw new Error(`${this.path} became shorter while it was received`);
        digest.update(buffer.bytes.subarray(0, length));
        this.#hashed += length;
      }
    } finally {
      buffer.release();
    }
  }

  #flushInBackground(): void {
    this.#unflushed = 0;
    this.#flushing ??= flushData(this.#descriptor)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#flushing = undefined;
      });
  }

  /** Nothing is at work on the descriptor any more. */
  async #settle(): Promise<void> {
    await this.#writing;
    await this.#catchingUp;
    await this.#flushing;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

async function openForWriting(path: ByteString): Promise<number> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return await openFile(filePath(path), flags, 0o666);
  } catch (caught) {
    if (errorCode(caught) !== 'EACCES') throw caught;
  }
  // Made read-only on its way to be an object, and left there by a crash.
  await chmodFile(filePath(path), 0o644);
  return await openFile(filePath(path), flags, 0o666);
}

const directBytes = 512 * 1024;
const flushEveryBytes = 32 * 1024 * 1024;
