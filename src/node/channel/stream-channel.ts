/**
 * Node's streams as a Channel: the pipes of a process, standard input and output, or both sides of one socket.
 *
 * Only one chunk is asked for at a time, so that the other side is held back while nobody reads. Streams report errors
 * whenever they like, also after all is over: they are listened to for good, or they would end the process.
 */

import type { Readable, Writable } from 'node:stream';
import type { Channel } from '../../p2p/channel.ts';

/** Takes both streams over. `readable` and `writable` may be the same. */
export function streamChannel(readable: Readable, writable: Writable): Channel {
  return new StreamChannel(readable, writable);
}

class StreamChannel implements Channel {
  readonly #readable: Readable;
  readonly #writable: Writable;
  readonly #chunks: Uint8Array[] = [];
  #reader: Reader | undefined;
  #isEnded = false;
  /** Why nothing can be read any more. */
  #broken: Error | undefined;
  /** Why nothing can be written any more. */
  #writeFailure: Error | undefined;

  constructor(readable: Readable, writable: Writable) {
    this.#readable = readable;
    this.#writable = writable;
    readable.pause();
    readable.on('data', (chunk: Uint8Array) => this.#take(chunk));
    readable.once('end', () => {
      this.#isEnded = true;
      this.#reader?.resolve(undefined);
      this.#reader = undefined;
    });
    readable.on('error', (error) => this.#break(error));
    readable.once('close', () => {
      if (!this.#isEnded) this.#break(new Error('the connection was closed'));
    });
    writable.on('error', (error) => {
      this.#writeFailure ??= error;
    });
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.#reader !== undefined) return Promise.reject(new Error('a read is waiting already'));
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve(chunk);
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    if (this.#isEnded) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#readable.resume();
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#writeFailure !== undefined) return Promise.reject(this.#writeFailure);
    return new Promise((resolve, reject) => {
      this.#writable.write(bytes, (error) => {
        // What comes of a stream that was destroyed says so; why it was is more use.
        if (error === undefined || error === null) resolve();
        else reject(this.#writeFailure ?? error);
      });
    });
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#writable.destroyed || this.#writable.writableFinished) resolve();
      else {
        this.#writable.once('close', () => resolve());
        this.#writable.end(() => resolve());
      }
    });
  }

  destroy(reason: Error = new Error('the channel was destroyed')): void {
    this.#writeFailure ??= reason;
    this.#break(reason);
    this.#chunks.length = 0;
    this.#readable.destroy();
    this.#writable.destroy();
  }

  #take(chunk: Uint8Array): void {
    const reader = this.#reader;
    this.#reader = undefined;
    // Another read may come before the stream has anything more; resuming it again costs nothing then.
    this.#readable.pause();
    if (reader === undefined) this.#chunks.push(chunk);
    else reader.resolve(chunk);
  }

  #break(reason: Error): void {
    this.#broken ??= reason;
    this.#reader?.reject(this.#broken);
    this.#reader = undefined;
  }
}

interface Reader {
  readonly resolve: (bytes: Uint8Array | undefined) => void;
  readonly reject: (reason: Error) => void;
}
