/**
 * A response's body. One that the server did not end throws, and who lets go of one early gives up its connection.
 */

import type { IncomingMessage } from 'node:http';
import { BodyQueue } from '../body-queue.ts';

export interface ResponseWatcher {
  /** What a connection that broke is told as. */
  broken(why: string): Error;
  /** Waiting for the server has begun or ended. */
  waiting(isWaiting: boolean): void;
  /** Called once. Whole: the connection can be used again. */
  ended(isWhole: boolean): void;
}

export class ResponseBody implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #watcher: ResponseWatcher;
  readonly #queue: BodyQueue;
  #isOver = false;

  constructor(message: IncomingMessage, watcher: ResponseWatcher) {
    this.#watcher = watcher;
    this.#queue = new BodyQueue({ message, waiting: (isWaiting) => watcher.waiting(isWaiting) });
    this.#queue.listen({
      ended: () => this.#finish(true),
      failed: (error) => this.fail(watcher.broken(error.message)),
    });
    message.on('close', () => this.fail(watcher.broken('it ended in the midst of an answer')));
    // Nothing comes before somebody wants it.
    message.pause();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return this.#queue.next();
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#finish(false);
    return await this.#queue.return();
  }

  /** Nothing more will come, and what was read ahead is not given out. */
  fail(error: Error): void {
    if (this.#queue.fail(error)) this.#finish(false);
  }

  #finish(isWhole: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watcher.ended(isWhole);
  }
}
