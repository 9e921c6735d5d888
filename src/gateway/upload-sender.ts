/** One of the senders of an upload that several share (see shared-uploads.ts): an Upload like any other to whoever sends. */

import type { Context, Stored, Upload, Validity } from '../remote/remote.ts';
import { AnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';

/** What its senders do to the upload. */
export interface Senders {
  readonly key: Key;
  announce(total: number): void;
  send(sender: Sender, chunk: Uint8Array, end: number): Promise<void>;
  finish(sender: Sender, validity: Validity): Promise<Stored>;
  dataPresent(sender: Sender): Promise<Stored>;
  leave(sender: Sender, signal: AbortSignal): Promise<void>;
}

export interface SenderOptions {
  readonly offset: number;
  readonly context: Context;
  readonly isFirst: boolean;
}

/** What one of the senders sees of it. */
export class Sender implements Upload {
  readonly type = 'upload';
  readonly isFirst: boolean;
  readonly context: Context;
  readonly #shared: Senders;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => void this.abort();
  #offset: number;
  #position: number;
  #isOver = false;
  #leaving: Promise<void> | undefined;

  constructor(shared: Senders, { offset, context, isFirst }: SenderOptions) {
    this.#shared = shared;
    this.context = context;
    this.isFirst = isFirst;
    this.#offset = offset;
    this.#position = offset;
    this.#signal = context.signal;
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get offset(): number {
    return this.#offset;
  }

  /** How far this sender has come in the content. */
  get position(): number {
    return this.#position;
  }

  /** Before it was told to anybody. */
  startAt(offset: number): void {
    this.#offset = offset;
    this.#position = offset;
  }

  announce(lengthBytes: number): void {
    this.#shared.announce(this.#offset + lengthBytes);
  }

  async send(chunk: Uint8Array): Promise<void> {
    this.#refuseIfOver();
    try {
      await this.#shared.send(this, chunk, this.#position + chunk.length);
    } catch (error) {
      await this.abort();
      this.#signal.throwIfAborted();
      throw error;
    }
    this.#refuseIfOver();
    this.#position += chunk.length;
  }

  async finish(validity: Validity): Promise<Stored> {
    return await this.#end(() => this.#shared.finish(this, validity));
  }

  async dataPresent(): Promise<Stored> {
    return await this.#end(() => this.#shared.dataPresent(this));
  }

  async abort(): Promise<void> {
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#leaving ??= this.#shared.leave(this, this.#signal);
    await this.#leaving;
  }

  async #end(body: () => Promise<Stored>): Promise<Stored> {
    this.#refuseIfOver();
    this.#isOver = true;
    try {
      return await body();
    } catch (error) {
      this.#signal.throwIfAborted();
      throw error;
    } finally {
      await this.abort();
    }
  }

  #refuseIfOver(): void {
    this.#signal.throwIfAborted();
    if (this.#isOver) throw new AnnexError('invariant', `the upload of ${this.#shared.key} is over`);
  }
}
