/**
 * A complete Remote in memory, for tests and the simulator: content locks that run out by the clock, partial uploads
 * that resume, verification, limited room.
 *
 * It is strict where the contract of remote.ts gives room: chunks of a download share one buffer, which is overwritten
 * for the next chunk, and whoever keeps bytes without copying them is found out.
 */

import { AnnexError } from '../types/annex-error.ts';
import { backendOf } from '../types/backend.ts';
import { keyFields, type Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { Clock } from '../util/clock.ts';
import { MemoryUpload } from './memory-upload.ts';
import type {
  Content,
  ContentLock,
  Context,
  DigestFactory,
  NotLocked,
  Remote,
  RemoteTraits,
  Removed,
  RemoveOptions,
  RetrieveOptions,
  StoreAnswer,
  StoreOptions,
  Validity,
} from './remote.ts';

export interface MemoryRemoteOptions {
  readonly uuid: UUID;
  readonly clock: Clock;
  readonly makeDigest: DigestFactory;
  /** Unlimited where not given. */
  readonly capacityBytes?: number | undefined;
  /** 64 KiB where not given. */
  readonly chunkBytes?: number | undefined;
  /** Of a repository on this machine where not given. */
  readonly traits?: RemoteTraits | undefined;
}

/** How long a content lock holds after it was taken or extended (git-annex's P2P protocol, LOCKCONTENT). */
export const lockRetentionMs: number = 600_000;

export class MemoryRemote implements Remote {
  readonly uuid: UUID;
  readonly traits: RemoteTraits;
  /** What is stored; tests may look at it and damage it. */
  readonly contents: Map<Key, Uint8Array> = new Map<Key, Uint8Array>();
  /** What arrived of uploads that were cut off. */
  readonly partials: Map<Key, Uint8Array> = new Map<Key, Uint8Array>();
  readonly #options: MemoryRemoteOptions;
  readonly #locks = new Map<Key, Set<MemoryLock>>();
  readonly #uploading = new Set<Key>();
  #openDownloads = 0;

  constructor(options: MemoryRemoteOptions) {
    this.uuid = options.uuid;
    this.traits = options.traits ?? { kind: 'repository', local: true };
    this.#options = options;
  }

  /** Downloads that were neither drained nor let go of. */
  get openDownloads(): number {
    return this.#openDownloads;
  }

  checkPresent(key: Key, context: Context): Promise<boolean> {
    return settled(context, () => this.contents.has(key));
  }

  lockContent(key: Key, context: Context): Promise<ContentLock | NotLocked> {
    return settled(context, () => {
      if (!this.contents.has(key)) return { locked: false, reason: `${key} is not present` };
      const locks = this.#locks.get(key) ?? new Set();
      this.#locks.set(key, locks);
      const lock = new MemoryLock(this.#options.clock, () => locks.delete(lock));
      locks.add(lock);
      return lock;
    });
  }

  retrieve(key: Key, { offset }: RetrieveOptions, context: Context): Promise<Content | undefined> {
    return settled(context, () => {
      const bytes = this.contents.get(key);
      if (bytes === undefined) return undefined;
      this.#openDownloads++;
      const chunkBytes = this.#options.chunkBytes ?? 65_536;
      return new MemoryReading(bytes, {
        offset,
        chunkBytes,
        context,
        ended: () => void this.#openDownloads--,
      });
    });
  }

  store(key: Key, options: StoreOptions, context: Context): Promise<StoreAnswer> {
    return settled(context, () => {
      if (this.contents.has(key)) return { type: 'already-have', plusUUIDs: [] };
      if (this.#uploading.has(key)) {
        return { type: 'refused', code: 'busy', reason: `${key} is being uploaded already` };
      }
      const { variety, chunkSizeBytes, ...fields } = keyFields(key);
      const isChunk = chunkSizeBytes !== undefined;
      // A chunk key has the size of the whole key, and the hash of the whole.
      const sizeBytes = isChunk ? undefined : fields.sizeBytes;
      if (sizeBytes !== undefined && sizeBytes > this.#freeBytes()) {
        return { type: 'refused', code: 'no-space', reason: `no room for ${sizeBytes} bytes` };
      }
      this.#uploading.add(key);
      return new MemoryUpload({
        key,
        sizeBytes,
        partial: this.partials.get(key),
        digest: options.digest,
        makeDigest: this.#options.makeDigest,
        signal: context.signal,
        freeBytes: () => this.#freeBytes(),
        isPresent: () => this.contents.has(key),
        verifiable: !isChunk && backendOf(variety).hash !== undefined,
        end: (outcome) => this.#endUpload(key, outcome),
      });
    });
  }

  remove(key: Key, { before }: RemoveOptions, context: Context): Promise<Removed> {
    return settled(context, () => {
      if (!this.contents.has(key)) return { removed: true, plusUUIDs: [] };
      if (before !== undefined && this.#seconds() >= before) {
        return {
          removed: false,
          reason: `it is past the time by which ${key} was to be removed`,
          plusUUIDs: [],
        };
      }
      const nowMs = this.#options.clock.now();
      for (const lock of this.#locks.get(key) ?? []) {
        if (lock.untilMs > nowMs) return { removed: false, reason: `${key} is locked`, plusUUIDs: [] };
      }
      this.#locks.delete(key);
      this.contents.delete(key);
      return { removed: true, plusUUIDs: [] };
    });
  }

  timestamp(context: Context): Promise<number> {
    return settled(context, () => this.#seconds());
  }

  #seconds(): number {
    return Math.floor(this.#options.clock.monotonicSeconds());
  }

  #freeBytes(): number {
    if (this.#options.capacityBytes === undefined) return Infinity;
    let usedBytes = 0;
    for (const bytes of this.contents.values()) usedBytes += bytes.length;
    return this.#options.capacityBytes - usedBytes;
  }

  #endUpload(key: Key, outcome: { readonly store?: Uint8Array; readonly keep?: Uint8Array }): void {
    this.#uploading.delete(key);
    if (outcome.store !== undefined) this.contents.set(key, outcome.store);
    if (outcome.keep !== undefined && outcome.keep.length > 0) this.partials.set(key, outcome.keep);
    else this.partials.delete(key);
  }
}

class MemoryLock implements ContentLock {
  readonly locked = true;
  readonly #clock: Clock;
  readonly #forget: () => void;
  #untilMs: number;

  constructor(clock: Clock, forget: () => void) {
    this.#clock = clock;
    this.#forget = forget;
    this.#untilMs = clock.now() + lockRetentionMs;
  }

  get untilMs(): number {
    return this.#untilMs;
  }

  extend(): Promise<void> {
    const nowMs = this.#clock.now();
    if (this.#untilMs <= nowMs)
      return Promise.reject(new AnnexError('remote', 'the content lock has run out'));
    this.#untilMs = nowMs + lockRetentionMs;
    return Promise.resolve();
  }

  release(): Promise<void> {
    this.#untilMs = -Infinity;
    this.#forget();
    return Promise.resolve();
  }
}

interface ReadingOptions {
  readonly offset: number;
  readonly chunkBytes: number;
  readonly context: Context;
  readonly ended: () => void;
}

class MemoryReading implements Content, AsyncIterableIterator<Uint8Array, undefined> {
  readonly lengthBytes: number;
  readonly stable = true;
  readonly chunks = this;
  readonly #bytes: Uint8Array;
  readonly #options: ReadingOptions;
  readonly #buffer: Uint8Array;
  #position: number;
  #over = false;

  constructor(bytes: Uint8Array, options: ReadingOptions) {
    this.#bytes = bytes;
    this.#options = options;
    this.#position = Math.min(options.offset, bytes.length);
    this.lengthBytes = bytes.length - this.#position;
    this.#buffer = new Uint8Array(Math.min(options.chunkBytes, this.lengthBytes));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#buffer.fill(0xee);
    if (!this.#over && this.#options.context.signal.aborted) {
      this.#end();
      return Promise.reject(this.#options.context.signal.reason as Error);
    }
    const piece = this.#bytes.subarray(this.#position, this.#position + this.#options.chunkBytes);
    if (this.#over || piece.length === 0) return this.return();
    this.#position += piece.length;
    this.#buffer.set(piece);
    return Promise.resolve({ done: false, value: this.#buffer.subarray(0, piece.length) });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  validity(): Promise<Validity> {
    return Promise.resolve('valid');
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.ended();
  }
}

/** Answers on a later turn, as everything does that has to ask a machine; throws when aborted. */
async function settled<T>(context: Context, answer: () => T): Promise<T> {
  await Promise.resolve();
  context.signal.throwIfAborted();
  return answer();
}
