/** One upload with several senders (see shared-uploads.ts). */

import { deriveContext } from '../remote/derive-context.ts';
import type {
  AlreadyHave,
  Context,
  Refused,
  StoreAnswer,
  Stored,
  Upload,
  Validity,
} from '../remote/remote.ts';
import { AnnexError } from '../types/annex-error.ts';
import { keySizeBytes, type Key } from '../types/key.ts';
import { Sender, type Senders } from './upload-sender.ts';

/** An upload that several may send. */
export interface ShareableUpload extends Upload {
  /**
   * What became of it at the nodes that no other gateway stands before, recorded; for once the upload is being finished.
   * Another gateway that waits for these waits neither for itself nor for a third.
   */
  storedNear(): Promise<Stored>;
  /** For who comes to the end after it was finished: what of that is still so, asked anew. */
  stillStored(): Promise<Stored>;
}

export type ShareableAnswer = AlreadyHave | Refused | ShareableUpload;

export interface SharedUploadOptions {
  /** Begins an upload for all senders to come: the signal is aborted when the last of them is gone. */
  begin(context: Context): Promise<ShareableAnswer>;
  /** Whether the content is there now, wherever. */
  isPresent(context: Context): Promise<boolean>;
}

export class SharedUpload implements Senders {
  readonly key: Key;
  /** Aborted when the last sender is gone. */
  readonly #controller = new AbortController();
  readonly #senders = new Set<Sender>();
  readonly #options: SharedUploadOptions;
  readonly #over: () => void;
  #opening: Promise<ShareableAnswer> | undefined;
  #upload: ShareableUpload | undefined;
  /** How many bytes of the content have been sent or are being sent, the offset among them. */
  #position = 0;
  /** The content's size as a sender announced it. */
  #total: number | undefined;
  #isBroken = false;
  /** Whose bytes are being taken now. */
  #sending: { readonly sender: Sender; readonly taken: Promise<void> } | undefined;
  #ending: Promise<Stored> | undefined;
  #hasEnded = false;

  /** @param over called when a new upload of the key has nothing to do with this one any more */
  constructor(key: Key, options: SharedUploadOptions, over: () => void) {
    this.key = key;
    this.#options = options;
    this.#over = over;
  }

  /** For the first sender. */
  async open(context: Context): Promise<StoreAnswer> {
    const sender = new Sender(this, { offset: 0, context, isFirst: true });
    this.#senders.add(sender);
    this.#opening = this.#begin(context);
    return await this.#startedFrom(0, sender);
  }

  /** For a further sender. Answers at once, unless it can only send from some byte on. */
  async join(from: number | undefined, context: Context): Promise<StoreAnswer> {
    const sender = new Sender(this, { offset: this.#position, context, isFirst: false });
    this.#senders.add(sender);
    if (from === undefined || from <= this.#position) return sender;
    return await this.#startedFrom(from, sender);
  }

  /** @param total of the content's bytes */
  announce(total: number): void {
    if (this.#total !== undefined) return;
    this.#total = total;
    this.#upload?.announce(total - this.#upload.offset);
  }

  /**
   * Takes from a chunk what nobody has sent yet.
   * @param end how many bytes of the content there are with it
   */
  async send(sender: Sender, chunk: Uint8Array, end: number): Promise<void> {
    const answer = await this.#opened();
    // What is there already, or will not be, is for `finish` to say.
    if (answer.type !== 'upload') return;
    while (this.#position < end && this.#ending === undefined) {
      if (this.#isBroken) throw this.#brokenOff();
      if (this.#sending !== undefined) {
        await this.#sending.taken.catch(() => undefined);
        continue;
      }
      const skipBytes = this.#position - (end - chunk.length);
      await this.#take(answer, sender, chunk.subarray(skipBytes));
    }
  }

  async finish(sender: Sender, validity: Validity): Promise<Stored> {
    const answer = await this.#opened();
    if (answer.type !== 'upload') return await this.#storedAs(answer, sender);
    if (this.#ending === undefined) {
      await this.#sending?.taken.catch(() => undefined);
      const refusal = this.#refusal(sender, validity);
      if (refusal !== undefined) return { stored: false, reason: refusal, plusUUIDs: [] };
    }
    return await this.#end(answer, sender, () => answer.finish(validity));
  }

  async dataPresent(sender: Sender): Promise<Stored> {
    const answer = await this.#opened();
    if (answer.type !== 'upload') return await this.#storedAs(answer, sender);
    if (this.#ending === undefined && this.#senders.size > 1) {
      return { stored: false, reason: `${this.key} is being uploaded already`, plusUUIDs: [] };
    }
    return await this.#end(answer, sender, () => answer.dataPresent());
  }

  /** The last one to leave ends an upload that is not finished; resolves when every node has let go then. */
  async leave(sender: Sender, signal: AbortSignal): Promise<void> {
    this.#senders.delete(sender);
    // A chunk whose sender is gone may be overwritten while it is taken.
    if (this.#senders.size > 0 && this.#sending?.sender !== sender) return;
    this.#over();
    if (this.#ending !== undefined) return;
    this.#isBroken = true;
    if (signal.aborted) this.#controller.abort(signal.reason);
    else if (this.#upload === undefined) this.#controller.abort(this.#brokenOff());
    await this.#upload?.abort();
  }

  /** In the name of the first sender, whatever becomes of it. */
  async #begin(context: Context): Promise<ShareableAnswer> {
    const { signal } = this.#controller;
    try {
      const answer = await this.#options.begin(deriveContext(context, { signal }));
      if (answer.type !== 'upload') {
        this.#over();
        return answer;
      }
      this.#upload = answer;
      this.#position = answer.offset;
      if (this.#total !== undefined) answer.announce(this.#total - answer.offset);
      return answer;
    } catch (error) {
      this.#over();
      throw error;
    }
  }

  async #opened(): Promise<ShareableAnswer> {
    if (this.#opening === undefined) throw new AnnexError('invariant', 'the upload was not opened');
    return await this.#opening;
  }

  /** The sender, told from where to send; or why it is none. */
  async #startedFrom(from: number, sender: Sender): Promise<StoreAnswer> {
    const { signal } = sender.context;
    try {
      const answer = await this.#opened();
      signal.throwIfAborted();
      if (answer.type === 'upload' && from <= this.#position) {
        sender.startAt(this.#position);
        return sender;
      }
      await sender.abort();
      if (answer.type !== 'upload') return answer;
      const reason = `${this.#position} bytes of ${this.key} are here, and they are sent from byte ${from}`;
      return { type: 'refused', code: 'behind', reason };
    } catch (error) {
      await sender.abort();
      signal.throwIfAborted();
      throw error;
    }
  }

  async #take(upload: ShareableUpload, sender: Sender, bytes: Uint8Array): Promise<void> {
    // At once: the same bytes by way of another gateway must not wait for these, which wait for that gateway.
    this.#position += bytes.length;
    const taken = upload.send(bytes);
    this.#sending = { sender, taken };
    try {
      await taken;
    } catch (error) {
      this.#over();
      throw this.#isBroken ? this.#brokenOff() : error;
    } finally {
      this.#sending = undefined;
    }
  }

  #brokenOff(): AnnexError {
    return new AnnexError('busy', `an upload of ${this.key} broke off, try again`);
  }

  /** Why a sender that says it is done cannot finish the upload. */
  #refusal(sender: Sender, validity: Validity): string | undefined {
    if (this.#senders.size === 1) return undefined;
    if (validity === 'invalid') return `content of ${this.key} changed while it was sent`;
    const sizeBytes = keySizeBytes(this.key) ?? this.#position;
    if (sender.position === sizeBytes) return undefined;
    return `content of ${this.key} is not complete: ${sender.position} of ${sizeBytes} bytes`;
  }

  /** The first sender's answer has all; it alone may wait for other gateways, since they were asked in its name. */
  async #end(upload: ShareableUpload, sender: Sender, end: () => Promise<Stored>): Promise<Stored> {
    this.#ending ??= end().finally(() => {
      this.#hasEnded = true;
      this.#over();
    });
    // It may have been removed since.
    if (this.#hasEnded && (await this.#ending).stored) return await upload.stillStored();
    if (sender.isFirst) return await this.#ending;
    const failed = this.#ending.then(
      () => new Promise<never>(() => undefined),
      (error: unknown) => Promise.reject(error as Error),
    );
    return await Promise.race([upload.storedNear(), failed]);
  }

  /** For a sender that sent what is there already, or will not be. That may be long after it was said. */
  async #storedAs(answer: AlreadyHave | Refused, { context }: Sender): Promise<Stored> {
    if (answer.type === 'refused') return { stored: false, reason: answer.reason, plusUUIDs: [] };
    if (await this.#options.isPresent(context)) return { stored: true, plusUUIDs: answer.plusUUIDs };
    return { stored: false, reason: `${this.key} was removed while it was sent`, plusUUIDs: [] };
  }
}
