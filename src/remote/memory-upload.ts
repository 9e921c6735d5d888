/**
 * An upload into a MemoryRemote. Follows the contract of `Upload` in remote.ts to the letter: what arrived is kept when
 * it is cut off, and dropped when it turned out wrong.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';
import type { ContentDigest, DigestFactory, Stored, Upload, Validity } from './remote.ts';

export interface MemoryUploadOptions {
  readonly key: Key;
  /** Of the content, where the key says. */
  readonly sizeBytes: number | undefined;
  readonly partial: Uint8Array | undefined;
  readonly digest: ContentDigest | undefined;
  readonly makeDigest: DigestFactory;
  readonly signal: AbortSignal;
  /** Whether a hash can verify the key. */
  readonly verifiable: boolean;
  freeBytes(): number;
  isPresent(): boolean;
  /** Called once: the content to store, or the part to keep, or neither. */
  end(outcome: { readonly store?: Uint8Array; readonly keep?: Uint8Array }): void;
}

export class MemoryUpload implements Upload {
  readonly type = 'upload';
  readonly offset: number;
  readonly #options: MemoryUploadOptions;
  readonly #digest: ContentDigest;
  /** False where the caller feeds the digest. */
  readonly #feed: boolean;
  readonly #parts: Uint8Array[] = [];
  readonly #onAbort: () => void;
  #bytes = 0;
  #over = false;

  constructor(options: MemoryUploadOptions) {
    this.#options = options;
    const { partial, digest, makeDigest, key, sizeBytes, signal } = options;
    // A part that is longer than the content is part of something else.
    const usable = partial !== undefined && partial.length <= (sizeBytes ?? Infinity) ? partial : undefined;
    this.offset = usable?.length ?? 0;
    this.#feed = digest === undefined || this.offset > 0;
    this.#digest = digest !== undefined && this.offset === 0 ? digest : makeDigest(key);
    if (usable !== undefined) {
      this.#digest.update(usable);
      this.#parts.push(usable);
      this.#bytes = usable.length;
    }
    this.#onAbort = () => this.#end({ keep: this.#content() });
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** The key says how long its content is, or any length will do. */
  announce(): void {}

  async send(chunk: Uint8Array): Promise<void> {
    this.#refuseIfOver();
    const { key, sizeBytes } = this.#options;
    const totalBytes = this.#bytes + chunk.length;
    if (totalBytes > (sizeBytes ?? Infinity)) {
      this.#end({ keep: this.#content() });
      throw new AnnexError('protocol', `more bytes than ${key} has`);
    }
    if (totalBytes > this.#options.freeBytes()) {
      this.#end({ keep: this.#content() });
      throw new AnnexError('remote', `no room for ${key}`);
    }
    this.#parts.push(chunk.slice());
    this.#bytes = totalBytes;
    if (this.#feed) this.#digest.update(chunk);
    // Gives way, as a disk does, so that whoever overwrites the chunk too early is found out by others.
    await Promise.resolve();
  }

  async finish(validity: Validity): Promise<Stored> {
    this.#refuseIfOver();
    await Promise.resolve();
    this.#refuseIfOver();
    const { key, sizeBytes, verifiable } = this.#options;
    const content = this.#content();
    if (sizeBytes !== undefined && content.length < sizeBytes) {
      this.#end(validity === 'valid' ? { keep: content } : {});
      return failed(`${content.length} of ${sizeBytes} bytes of ${key} arrived`);
    }
    if (verifiable && !this.#digest.matches()) {
      this.#end({});
      return failed(`the content is not that of ${key}`);
    }
    if (validity === 'invalid' && !verifiable) {
      this.#end({});
      return failed(`${key} changed while it was sent`);
    }
    this.#end({ store: content });
    return { stored: true, plusUUIDs: [] };
  }

  async dataPresent(): Promise<Stored> {
    this.#refuseIfOver();
    await Promise.resolve();
    this.#refuseIfOver();
    const present = this.#options.isPresent();
    this.#end(present ? {} : { keep: this.#content() });
    return present ? { stored: true, plusUUIDs: [] } : failed(`${this.#options.key} is not present`);
  }

  abort(): Promise<void> {
    this.#end({ keep: this.#content() });
    return Promise.resolve();
  }

  #content(): Uint8Array {
    const content = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      content.set(part, at);
      at += part.length;
    }
    return content;
  }

  #end(outcome: { readonly store?: Uint8Array; readonly keep?: Uint8Array }): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#options.end(outcome);
  }

  #refuseIfOver(): void {
    this.#options.signal.throwIfAborted();
    if (this.#over) throw new AnnexError('invariant', `the upload of ${this.#options.key} is over`);
  }
}

function failed(reason: string): Stored {
  return { stored: false, reason, plusUUIDs: [] };
}
