/**
 * A request's body. Nothing of it is asked for before somebody reads it, since a client may wait for leave to send it.
 */

import type { IncomingMessage } from 'node:http';
import { BodyQueue } from './body-queue.ts';

export interface BodyWatcher {
  /** The body is about to be read for the first time. */
  started(): void;
  /** Waiting for the client has begun or ended. */
  waiting(isWaiting: boolean): void;
}

export class RequestBody implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #watcher: BodyWatcher;
  readonly #queue: BodyQueue;
  #isStarted = false;

  constructor(message: IncomingMessage, watcher: BodyWatcher) {
    this.#watcher = watcher;
    this.#queue = new BodyQueue({ message, waiting: (isWaiting) => watcher.waiting(isWaiting) });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#watcher.started();
      // A broken connection is told by its socket; without a listener this would end the program.
      this.#queue.listen({ ended: () => undefined, failed: (error) => this.fail(error) });
    }
    return this.#queue.next();
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    return this.#queue.return();
  }

  /** The client is gone. */
  fail(error: Error): void {
    this.#queue.fail(error);
  }
}
