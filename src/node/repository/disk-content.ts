/**
 * Content read from an object. A locked object (nobody may write it, and it has one name) is stable and is sent as it is.
 * Any other may be an unlocked file that changes while it is read (annex.thin): then validity is found by hashing from the
 * first byte on, or, from an offset, by whether the file looks the same afterwards.
 *
 * What is small is read at once and the file closed; larger content is read one buffer ahead of its receiver,
 * unless that is slow.
 */

import type { BigIntStats } from 'node:fs';
import type { Content, ContentDigest, Validity } from '../../remote/remote.ts';
import { AnnexError, toAnnexError } from '../../types/annex-error.ts';
import type { Key } from '../../types/key.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { BufferPool, PooledBuffer, TransferBuffers } from './buffer-pool.ts';
import { closeDirectly, closeFile, readAt, readDirectly, statDescriptor } from './file-system.ts';
import type { PromptCalls } from './prompt-calls.ts';

export interface DiskContentOptions {
  readonly key: Key;
  readonly descriptor: number;
  /** The path that it was opened at. */
  readonly path: ByteString;
  readonly stats: BigIntStats;
  readonly offset: number;
  /** Whether nobody can write to the object. */
  readonly stable: boolean;
  /** Undefined where no hash can tell the content. */
  readonly makeDigest: () => ContentDigest | undefined;
  readonly pool: BufferPool;
  readonly prompt: PromptCalls;
  /** Told what hashing the whole content found. */
  readonly judged: (isIntact: boolean) => void;
  /** Shows others that more than a little is being sent, until it is ended. */
  readonly show: () => { end(): Promise<void> };
  readonly signal: AbortSignal;
}

/** Takes over the descriptor, whatever comes of it. */
export async function readContent(options: DiskContentOptions): Promise<Content> {
  const reading = new ObjectReading(options);
  try {
    if (reading.lengthBytes <= smallBytes) return await reading.readAll();
    reading.show();
    return reading;
  } catch (caught) {
    await reading.return();
    options.signal.throwIfAborted();
    throw toAnnexError(caught, `reading content of ${options.key}`);
  }
}

class ObjectReading implements Content, AsyncIterableIterator<Uint8Array> {
  readonly lengthBytes: number;
  readonly stable: boolean;
  readonly file: ByteString | undefined;
  readonly #options: DiskContentOptions;
  readonly #digest: ContentDigest | undefined;
  readonly #buffers: TransferBuffers;
  #position: number;
  readonly #end: number;
  #ahead: Promise<Filled> | undefined;
  /** Gives back what was read ahead for who takes nothing. */
  #standing: NodeJS.Timeout | undefined;
  #given: PooledBuffer | undefined;
  #shown: { end(): Promise<void> } | undefined;
  #isClosed = false;
  #validity: Validity | undefined;

  constructor(options: DiskContentOptions) {
    const { stats, stable, offset, makeDigest } = options;
    const sizeBytes = Number(stats.size);
    this.#options = options;
    this.#buffers = options.pool.transfer();
    this.#position = Math.min(offset, sizeBytes);
    this.#end = sizeBytes;
    this.lengthBytes = sizeBytes - this.#position;
    this.stable = stable;
    this.file = stable ? options.path : undefined;
    this.#digest = this.stable || offset > 0 ? undefined : makeDigest();
    if (this.stable) this.#validity = 'valid';
  }

  get chunks(): AsyncIterable<Uint8Array> {
    return this;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#given?.release();
    this.#given = undefined;
    if (this.#isClosed) return { done: true, value: undefined };
    try {
      this.#options.signal.throwIfAborted();
      this.#ahead ??= this.#read();
      const { buffer, bytes } = await this.#ahead;
      this.#ahead = undefined;
      this.#given = buffer;
      this.#options.signal.throwIfAborted();
      // Begun before the hashing, so that the disk works meanwhile.
      if (this.#position < this.#end && !this.#buffers.isSlow) this.#readAhead();
      this.#digest?.update(bytes);
      if (this.#position === this.#end) await this.#conclude();
      return { done: false, value: bytes };
    } catch (caught) {
      await this.return();
      this.#options.signal.throwIfAborted();
      throw toAnnexError(caught, `reading content of ${this.#options.key}`);
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#given?.release();
    this.#given = undefined;
    await this.#close();
    return { done: true, value: undefined };
  }

  async validity(): Promise<Validity> {
    // What was not read to its end cannot be vouched for.
    return await Promise.resolve(this.#validity ?? 'invalid');
  }

  show(): void {
    this.#shown = this.#options.show();
  }

  /** The whole of a small content, without a file that stays open. */
  async readAll(): Promise<Content> {
    const { lengthBytes, stable, file } = this;
    const bytes = new Uint8Array(lengthBytes);
    while (this.#position < this.#end) {
      const at = bytes.length - (this.#end - this.#position);
      this.#position += await this.#readSmall(bytes.subarray(at));
    }
    this.#digest?.update(bytes);
    await this.#conclude();
    const validity = await this.validity();
    return {
      lengthBytes,
      stable,
      file,
      chunks: onlyChunk(bytes),
      validity: async () => await Promise.resolve(validity),
    };
  }

  #readAhead(): void {
    this.#ahead = this.#read();
    // Whoever asks for the next chunk hears of a failure; nobody has to ask.
    this.#ahead.catch(() => undefined);
    this.#standing ??= setTimeout(() => void this.#forgetAhead(), standsAfterMs).unref();
    this.#standing.refresh();
  }

  async #forgetAhead(): Promise<void> {
    const ahead = this.#ahead;
    const filled = await ahead?.catch(() => undefined);
    if (filled === undefined || this.#ahead !== ahead || this.#given === undefined) return;
    this.#ahead = undefined;
    this.#position -= filled.bytes.length;
    filled.buffer.release();
  }

  async #read(): Promise<Filled> {
    const buffer = this.#buffers.take(this.#end - this.#position);
    try {
      const length = await this.#readSome(buffer.bytes);
      this.#position += length;
      return { buffer, bytes: buffer.bytes.subarray(0, length) };
    } catch (caught) {
      buffer.release();
      throw caught;
    }
  }

  async #readSome(into: Uint8Array): Promise<number> {
    return this.#notNothing(await readAt(this.#options.descriptor, into, this.#position));
  }

  async #readSmall(into: Uint8Array): Promise<number> {
    const { descriptor, prompt } = this.#options;
    const length = await prompt.run(
      () => readDirectly(descriptor, into, this.#position),
      () => readAt(descriptor, into, this.#position),
    );
    return this.#notNothing(length);
  }

  #notNothing(length: number): number {
    if (length > 0) return length;
    throw new AnnexError('remote', `content of ${this.#options.key} became shorter while it was read`);
  }

  /** All was read: finds the validity and closes the file. */
  async #conclude(): Promise<void> {
    try {
      this.#validity ??= await this.#judge();
    } finally {
      await this.#close();
    }
  }

  async #judge(): Promise<Validity> {
    const { descriptor, stats, judged } = this.#options;
    const now = await statDescriptor(descriptor, { bigint: true });
    const isSame = now.size === stats.size && now.mtimeNs === stats.mtimeNs && now.ctimeNs === stats.ctimeNs;
    if (this.#digest === undefined) return isSame ? 'valid' : 'invalid';
    const isIntact = this.#digest.matches();
    if (isSame) judged(isIntact);
    return isIntact ? 'valid' : 'invalid';
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#standing);
    const ahead = await this.#ahead?.catch(() => undefined);
    ahead?.buffer.release();
    this.#ahead = undefined;
    // What was read is read, whatever comes of this.
    const { descriptor, prompt } = this.#options;
    await prompt.run(
      () => closeDirectly(descriptor),
      () => closeFile(descriptor).catch(() => undefined),
    );
    await this.#shown?.end();
  }
}

interface Filled {
  readonly buffer: PooledBuffer;
  readonly bytes: Uint8Array;
}

function onlyChunk(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  let isGiven = bytes.length === 0;
  const iterator: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => iterator,
    next: async () => {
      if (isGiven) return await Promise.resolve({ done: true, value: undefined });
      isGiven = true;
      return await Promise.resolve({ done: false, value: bytes });
    },
    return: async () => {
      isGiven = true;
      return await Promise.resolve({ done: true, value: undefined });
    },
  };
  return iterator;
}

const standsAfterMs = 1000;
/** Read at once, and the file closed before the first byte is sent. */
const smallBytes = 64 * 1024;
