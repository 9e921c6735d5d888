/**
 * Chunks at the pace of a limit. Nothing is gathered: a chunk is asked for when the one before has passed, and handed on in
 * pieces that are small enough to come evenly.
 */

import { maxPacedBytes, type Pace } from './admission.ts';

export interface PacedOptions {
  readonly pace: Pace;
  /** Wakes who waits; asked for only where there is something to wait for. */
  readonly signal: () => AbortSignal;
  /** Called once when the chunks have ended, however they did. */
  readonly ended?: (() => void) | undefined;
}

export class PacedChunks implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #from: AsyncIterator<Uint8Array>;
  readonly #options: PacedOptions;
  /** Of the chunk that was asked for last. */
  #rest: Uint8Array | undefined;
  #isOver = false;

  constructor(chunks: AsyncIterable<Uint8Array>, options: PacedOptions) {
    this.#from = chunks[Symbol.asyncIterator]();
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    let chunk = this.#rest;
    this.#rest = undefined;
    if (chunk === undefined) {
      try {
        const next = await this.#from.next();
        if (next.done === true) {
          this.#end();
          return { done: true, value: undefined };
        }
        chunk = next.value;
      } catch (error) {
        this.#end();
        throw error;
      }
    }
    const { pace, signal } = this.#options;
    if (!pace.isLimited) return { done: false, value: chunk };
    if (chunk.length > maxPacedBytes) {
      this.#rest = chunk.subarray(maxPacedBytes);
      chunk = chunk.subarray(0, maxPacedBytes);
    }
    await pace.pass(chunk.length, signal());
    return { done: false, value: chunk };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      await this.#from.return?.();
    } finally {
      this.#end();
    }
    return { done: true, value: undefined };
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.ended?.();
  }
}
