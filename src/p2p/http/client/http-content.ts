/**
 * Content that comes as the body of a response. The server says that it is not valid by a body of another length than it
 * announced, which is only known at the end (interop reference §6.5).
 *
 * A body that ends a byte short stands for all bytes, not valid: the missing one is made up, so that doors which announced
 * the length can keep their word. One that ends earlier throws, as a broken connection does.
 */

import type { Content, Validity } from '../../../remote/remote.ts';
import { AnnexError } from '../../../types/annex-error.ts';

export interface HttpContentOptions {
  readonly lengthBytes: number;
  /** Names the repository in errors. */
  readonly who: string;
  readonly signal: AbortSignal;
}

/** An iterator by hand: an async generator that never ran would not let go of the connection. */
export class HttpContent implements Content, AsyncIterableIterator<Uint8Array, undefined> {
  readonly lengthBytes: number;
  readonly stable = false;
  readonly #body: AsyncIterator<Uint8Array>;
  readonly #who: string;
  readonly #signal: AbortSignal;
  #leftBytes: number;
  #isOver = false;
  #validity: Validity = 'valid';

  constructor(body: AsyncIterator<Uint8Array>, options: HttpContentOptions) {
    this.#body = body;
    this.#who = options.who;
    this.#signal = options.signal;
    this.lengthBytes = options.lengthBytes;
    this.#leftBytes = options.lengthBytes;
  }

  get chunks(): AsyncIterable<Uint8Array> {
    return this;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  validity(): Promise<Validity> {
    return Promise.resolve(this.#validity);
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#isOver) return ended;
    let result: IteratorResult<Uint8Array>;
    try {
      // What was read ahead is not wanted any more.
      this.#signal.throwIfAborted();
      result = await this.#body.next();
    } catch (error) {
      await this.return();
      throw error;
    }
    if (result.done === true) return this.#end();
    const chunk = result.value;
    if (chunk.length <= this.#leftBytes) {
      this.#leftBytes -= chunk.length;
      return { done: false, value: chunk };
    }
    this.#validity = 'invalid';
    this.#isOver = true;
    await this.#body.return?.();
    const value = chunk.subarray(0, this.#leftBytes);
    return value.length === 0 ? ended : { done: false, value };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#isOver) {
      this.#isOver = true;
      await this.#body.return?.();
    }
    return ended;
  }

  #end(): IteratorResult<Uint8Array, undefined> {
    this.#isOver = true;
    if (this.#leftBytes === 0) return ended;
    this.#validity = 'invalid';
    if (this.#leftBytes === 1) return { done: false, value: new Uint8Array(1) };
    const message = `${this.#who} ended a download ${this.#leftBytes} of ${this.lengthBytes} bytes early`;
    throw new AnnexError('peer', message);
  }
}

const ended = { done: true, value: undefined } as const;
