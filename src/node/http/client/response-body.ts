/**
 * A response's body as an async iterable, at the pace of its reader. A body that the server did not end throws, and who
 * lets go of one early gives up its connection.
 */

import type { IncomingMessage } from 'node:http';

export interface ResponseWatcher {
  /** What a connection that broke is told as. */
  broken(why: string): Error;
  /** Waiting for the server has begun or ended. */
  waiting(isWaiting: boolean): void;
  /** Called once. Whole: the connection can be used again. */
  ended(isWhole: boolean): void;
}

interface Waiter {
  readonly resolve: (result: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: Error) => void;
}

export class ResponseBody implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #message: IncomingMessage;
  readonly #watcher: ResponseWatcher;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #hasEnded = false;
  #isOver = false;
  #failure: Error | undefined;
  #waiter: Waiter | undefined;

  constructor(message: IncomingMessage, watcher: ResponseWatcher) {
    this.#message = message;
    this.#watcher = watcher;
    message.on('data', (chunk: Buffer) => this.#take(chunk));
    message.on('end', () => this.#ended());
    message.on('error', (error) => this.fail(watcher.broken(error.message)));
    message.on('close', () => this.fail(watcher.broken('it ended in the midst of an answer')));
    // Nothing comes before somebody wants it.
    message.pause();
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
    if (this.#hasEnded || this.#isOver) return Promise.resolve(finished);
    this.#message.resume();
    this.#watcher.waiting(true);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#finish(this.#hasEnded);
    this.#settle()?.resolve(finished);
    return Promise.resolve(finished);
  }

  /** Nothing more will come, and what was read ahead is not given out. */
  fail(error: Error): void {
    if (this.#hasEnded || this.#isOver) return;
    this.#failure = error;
    this.#queue = [];
    this.#finish(false);
    this.#settle()?.reject(error);
  }

  #ended(): void {
    if (this.#isOver) return;
    this.#hasEnded = true;
    this.#finish(true);
    this.#settle()?.resolve(finished);
  }

  #finish(isWhole: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watcher.ended(isWhole);
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
