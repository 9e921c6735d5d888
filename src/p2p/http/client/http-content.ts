/**
 * Content that comes as the body of a response. The server says that it is not valid by a body of another length than it
 * announced, which is only known at the end (interop reference §6.5). So a download that came to its end is valid, and
 * one that is not valid throws, as one does whose connection breaks: a cluster then goes on from another node.
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
    return Promise.resolve('valid');
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
    this.#leftBytes -= result.value.length;
    if (this.#leftBytes >= 0) return { done: false, value: result.value };
    await this.return();
    throw this.#notValid('more');
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
    throw this.#notValid(`${this.lengthBytes - this.#leftBytes}`);
  }

  #notValid(found: string): AnnexError {
    const message = `${this.#who} announced ${this.lengthBytes} bytes and sent ${found}: the content is not valid`;
    return new AnnexError('verification', message);
  }
}

const ended = { done: true, value: undefined } as const;
