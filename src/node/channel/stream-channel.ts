/**
 * Node's streams as a Channel: the pipes of a process, a socket (given for both), standard input and output.
 *
 * A write resolves when the stream has handed the bytes over, and not before, so that their buffer may be used again. What
 * a stream says of errors when nobody reads or writes is kept for whoever does next: it never ends the process.
 */

import { finished, type Readable, type Writable } from 'node:stream';
import type { Channel } from '../../p2p/channel.ts';

/** The streams are the channel's alone from now on, and have no encoding. */
export function streamChannel(readable: Readable, writable: Writable): Channel {
  return new StreamChannel(readable, writable);
}

interface Reader {
  readonly resolve: (bytes: Uint8Array | undefined) => void;
  readonly reject: (reason: Error) => void;
}

class StreamChannel implements Channel {
  readonly #readable: Readable;
  readonly #writable: Writable;
  readonly #writes = new Set<(reason: Error) => void>();
  #reader: Reader | undefined;
  #isEnded = false;
  #readError: Error | undefined;
  #writeError: Error | undefined;
  #destroyed: Error | undefined;

  constructor(readable: Readable, writable: Writable) {
    this.#readable = readable;
    this.#writable = writable;
    readable.on('readable', () => this.#move());
    readable.on('end', () => {
      this.#isEnded = true;
      this.#move();
    });
    readable.on('error', (error: Error) => this.#failReading(error));
    readable.on('close', () => {
      if (!this.#isEnded) this.#failReading(new Error('the connection was closed'));
    });
    writable.on('error', (error: Error) => this.#failWriting(error));
    writable.on('close', () => this.#failWriting(new Error('the connection was closed')));
  }

  async read(): Promise<Uint8Array | undefined> {
    return await new Promise((resolve, reject) => {
      if (this.#reader !== undefined) return reject(new Error('a read is running already'));
      this.#reader = { resolve, reject };
      this.#move();
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    const broken = this.#destroyed ?? this.#writeError;
    if (broken !== undefined) throw broken;
    await new Promise<void>((resolve, reject) => {
      this.#writes.add(reject);
      this.#writable.write(bytes, (error) => {
        this.#writes.delete(reject);
        if (error === undefined || error === null) resolve();
        else reject(this.#destroyed ?? this.#writeError ?? error);
      });
    });
  }

  async end(): Promise<void> {
    await new Promise<void>((resolve) => {
      finished(this.#writable, { readable: false }, () => resolve());
      this.#writable.end();
    });
  }

  destroy(reason: Error = new Error('the channel was destroyed')): void {
    if (this.#destroyed !== undefined) return;
    this.#destroyed = reason;
    this.#readable.destroy();
    this.#writable.destroy();
    this.#reader?.reject(reason);
    this.#reader = undefined;
    this.#rejectWrites(reason);
  }

  #move(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    const answer = this.#next();
    if (answer === undefined) return;
    this.#reader = undefined;
    if (answer instanceof Error) reader.reject(answer);
    else reader.resolve(answer.bytes);
  }

  /** What a read is answered with; undefined where it has to wait. */
  #next(): { readonly bytes: Uint8Array | undefined } | Error | undefined {
    if (this.#destroyed !== undefined) return this.#destroyed;
    const bytes = this.#readable.read() as Buffer | null;
    if (bytes !== null) return { bytes };
    if (this.#isEnded) return { bytes: undefined };
    return this.#readError;
  }

  #failReading(error: Error): void {
    this.#readError ??= error;
    this.#move();
  }

  #failWriting(error: Error): void {
    this.#writeError ??= error;
    this.#rejectWrites(this.#destroyed ?? this.#writeError);
  }

  #rejectWrites(reason: Error): void {
    for (const reject of this.#writes) reject(reason);
    this.#writes.clear();
  }
}
