/**
 * A request's body as an async iterable, at the pace of its reader: a little is read ahead, then the socket is left
 * alone. Cheaper than the iterator that Node's streams have, and it tells when it is the client who keeps us waiting.
 */

import type { IncomingMessage } from 'node:http';

export interface BodyWatcher {
  /** The body is about to be read for the first time. */
  started(): void;
  /** Waiting for the client has begun or ended. */
  waiting(isWaiting: boolean): void;
}

interface Waiter {
  readonly resolve: (result: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: Error) => void;
}

export class RequestBody implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #message: IncomingMessage;
  readonly #watcher: BodyWatcher;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #started = false;
  #ended = false;
  #returned = false;
  #failure: Error | undefined;
  #waiter: Waiter | undefined;

  constructor(message: IncomingMessage, watcher: BodyWatcher) {
    this.#message = message;
    this.#watcher = watcher;
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
    if (this.#ended || this.#returned) return Promise.resolve(finished);
    if (!this.#started) this.#start();
    else this.#message.resume();
    this.#watcher.waiting(true);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#returned = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    return Promise.resolve(finished);
  }

  /** Nothing more will come: the client is gone. What was read ahead is worth nothing now. */
  fail(error: Error): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#failure = error;
    this.#queue = [];
    this.#settle()?.reject(error);
  }

  #start(): void {
    this.#started = true;
    this.#watcher.started();
    this.#message.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#message.on('end', () => {
      this.#ended = true;
      this.#settle()?.resolve(finished);
    });
    // A broken connection is told by its socket; without a listener this would end the program.
    this.#message.on('error', (error) => this.fail(error));
  }

  #take(chunk: Buffer): void {
    if (this.#returned || this.#failure !== undefined) return;
    const waiter = this.#settle();
    if (waiter !== undefined) {
      waiter.resolve({ done: false, value: chunk });
      return;
    }
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes >= maxQueuedBytes) this.#message.pause();
  }

  #settle(): Waiter | undefined {
    const waiter = this.#waiter;
    if (waiter === undefined) return undefined;
    this.#waiter = undefined;
    this.#watcher.waiting(false);
    return waiter;
  }
}

const finished = { done: true, value: undefined } as const;
const maxQueuedBytes = 256 * 1024;
