/**
 * The body of a request or a response of node:http as an async iterable, at the pace of its reader: a little is read
 * ahead, then the socket is left alone. Cheaper than the iterator that Node's streams have, and it tells when it is the
 * other side that keeps us waiting.
 */

import type { IncomingMessage } from 'node:http';

export interface BodyQueueOptions {
  readonly message: IncomingMessage;
  /** Waiting for the other side has begun or ended. */
  readonly waiting: (isWaiting: boolean) => void;
}

interface Waiter {
  readonly resolve: (result: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: Error) => void;
}

export class BodyQueue implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #options: BodyQueueOptions;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** Nothing more comes: the body has ended, failed, or is wanted no more. */
  #isOver = false;
  #failure: Error | undefined;
  #waiter: Waiter | undefined;

  constructor(options: BodyQueueOptions) {
    this.#options = options;
  }

  /** Takes what comes from now on. `ended` and `failed` are called once at the most, and not both. */
  listen({ ended, failed }: BodyListeners): void {
    const { message } = this.#options;
    message.on('data', (chunk: Buffer) => this.#take(chunk));
    message.on('end', () => {
      if (this.#isOver) return;
      this.#isOver = true;
      ended();
      this.#settle()?.resolve(finished);
    });
    message.on('error', failed);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      this.#queuedBytes -= chunk.length;
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#isOver) return Promise.resolve(finished);
    this.#options.message.resume();
    this.#options.waiting(true);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#isOver = true;
    this.#clear();
    this.#settle()?.resolve(finished);
    return Promise.resolve(finished);
  }

  /** Nothing more will come, and what was read ahead is worth nothing now. False where it was over before. */
  fail(error: Error): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#failure = error;
    this.#clear();
    this.#settle()?.reject(error);
    return true;
  }

  #take(chunk: Buffer): void {
    if (this.#isOver) return;
    const waiter = this.#settle();
    if (waiter !== undefined) {
      waiter.resolve({ done: false, value: chunk });
      return;
    }
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes >= maxQueuedBytes) this.#options.message.pause();
  }

  #clear(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #settle(): Waiter | undefined {
    const waiter = this.#waiter;
    if (waiter === undefined) return undefined;
    this.#waiter = undefined;
    this.#options.waiting(false);
    return waiter;
  }
}

export interface BodyListeners {
  readonly ended: () => void;
  readonly failed: (error: Error) => void;
}

const finished = { done: true, value: undefined } as const;
const maxQueuedBytes = 256 * 1024;
