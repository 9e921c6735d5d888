/**
 * Somebody else's chunks, passed on as they are, with one who is told what becomes of them. An iterator by hand: an async
 * generator that nobody ever asked for anything ends nothing.
 */

export interface Follower {
  /** The next chunk was asked for. */
  asked?(): void;
  gave?(chunk: Uint8Array): void;
  /**
   * Called once, when the source has let go of what it holds. `left`: whoever took the chunks wants no more, or has all of
   * them and does not ask for the end.
   */
  ended(how: 'done' | 'failed' | 'left', error?: unknown): void;
}

export class FollowedChunks implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #inner: AsyncIterator<Uint8Array>;
  readonly #follower: Follower;
  #isOver = false;

  constructor(chunks: AsyncIterable<Uint8Array>, follower: Follower) {
    this.#inner = chunks[Symbol.asyncIterator]();
    this.#follower = follower;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#follower.asked?.();
    let next: IteratorResult<Uint8Array>;
    try {
      next = await this.#inner.next();
    } catch (error) {
      this.#end('failed', error);
      throw error;
    }
    if (next.done === true) {
      this.#end('done');
      return { done: true, value: undefined };
    }
    this.#follower.gave?.(next.value);
    return { done: false, value: next.value };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      await this.#inner.return?.();
    } finally {
      this.#end('left');
    }
    return { done: true, value: undefined };
  }

  #end(how: 'done' | 'failed' | 'left', error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#follower.ended(how, error);
  }
}
