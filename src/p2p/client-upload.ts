/**
 * An upload in the P2P protocol, for the client (interop reference §4.11).
 *
 *     C: PUT  SHA256E-s19--…
 *     S: PUT-FROM 5                                (ALREADY-HAVE[-PLUS], ERROR: nothing is to be sent)
 *     C: DATA 14               + 14 bytes          (DATA-PRESENT, version 4: it got there by other means)
 *     C: VALID                                     (version 1 and up)
 *     S: SUCCESS
 *
 * DATA tells where the content ends, so its length is that of the key wherever the key has a size, whatever will be sent:
 * an upload that is cut off then ends in the middle, and the other side keeps what came. The last byte is held back until
 * the end is certain: after all of them git-annex stores what verifies, though the conversation ends before VALID.
 * `DATA 0` and `INVALID` takes an upload back of which nothing was sent; git-annex does the same.
 *
 * A repository may be silent for long: where it has a part already, git-annex hashes that before it takes a byte, and at the
 * end others read all of it again or pass it on. So what it is waited for grows with the bytes that it has.
 */

import { AnnexError } from '../types/annex-error.ts';
import { backendOf } from '../types/backend.ts';
import { keySizeBytes, keyVariety, type Key } from '../types/key.ts';
import { workMs } from '../types/time-limits.ts';
import { byteStringToText, type ByteString } from '../util/byte-string.ts';
import type { StoreAnswer, Stored, Upload, Validity } from '../remote/remote.ts';
import { fromAnswer, plusUUIDs, refusalCode } from './client-answers.ts';
import type { ClientConversation } from './client-conversation.ts';

export interface UploadOptions {
  readonly associatedFile: ByteString | undefined;
  /** As in StoreOptions. */
  readonly from: number | undefined;
  /** How long an answer may take, besides the time for the bytes that it depends on. */
  readonly answerTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Called once, when the conversation is free again or over. */
  readonly done: () => void;
}

/** `done` is called in every case but when this throws. */
export async function beginUpload(
  conversation: ClientConversation,
  key: Key,
  options: UploadOptions,
): Promise<StoreAnswer> {
  const { from, answerTimeoutMs, signal, done } = options;
  const answer = await conversation.guard(signal, async () => {
    const ask = (): Promise<StoreAnswer | number> =>
      conversation.within(answerTimeoutMs, () => askToPut(conversation, key, options));
    const first = await ask();
    if (typeof first !== 'number' || first <= (keySizeBytes(key) ?? first)) return first;
    await conversation.within(answerTimeoutMs + workMs(first), () => discardPartial(conversation));
    return await ask();
  });
  if (typeof answer !== 'number') {
    done();
    return answer;
  }
  const upload = new ClientUpload(conversation, { key, offset: answer, answerTimeoutMs, signal, done });
  const has = `the repository ${conversation.uuid} has ${answer} bytes of ${key}`;
  const isTooLong = answer > (keySizeBytes(key) ?? answer);
  if (!isTooLong && (from === undefined || from <= answer)) return upload;
  await upload.abort();
  signal.throwIfAborted();
  return isTooLong
    ? { type: 'refused', code: 'unavailable', reason: `${has}, more than it can have` }
    : { type: 'refused', code: 'behind', reason: `${has}, and lacks those before ${from}` };
}

/** The offset from which on the content is wanted, or why none is. */
async function askToPut(
  conversation: ClientConversation,
  key: Key,
  { associatedFile }: UploadOptions,
): Promise<StoreAnswer | number> {
  const answer = await conversation.request({ type: 'PUT', associatedFile, key });
  if (answer.type === 'PUT-FROM') return answer.offset;
  if (answer.type === 'ALREADY-HAVE') return { type: 'already-have', plusUUIDs: [] };
  if (answer.type === 'ALREADY-HAVE-PLUS' && conversation.version >= 2) {
    return { type: 'already-have', plusUUIDs: plusUUIDs(answer.uuids, conversation.uuid) };
  }
  if (answer.type !== 'ERROR') throw conversation.unexpected(answer, 'PUT-FROM or ALREADY-HAVE');
  const reason = byteStringToText(answer.message);
  return { type: 'refused', code: refusalCode(reason), reason };
}

/** A partial that is longer than the content belongs to something else: said to be whole, it is found wrong and deleted. */
async function discardPartial(conversation: ClientConversation): Promise<void> {
  await conversation.send({ type: 'DATA', lengthBytes: 0 });
  if (conversation.version >= 1) await conversation.send({ type: 'VALID' });
  await conversation.receive();
}

interface ClientUploadOptions extends Pick<UploadOptions, 'answerTimeoutMs' | 'signal' | 'done'> {
  readonly key: Key;
  readonly offset: number;
}

class ClientUpload implements Upload {
  readonly type = 'upload';
  readonly offset: number;
  readonly #conversation: ClientConversation;
  readonly #options: ClientUploadOptions;
  readonly #onAbort = (): void => void this.abort();
  /** How many bytes DATA announces; undefined while it is not known. */
  #totalBytes: number | undefined;
  /** The byte held back among them. */
  #sentBytes = 0;
  #lastByte: Uint8Array | undefined;
  /** Whether DATA was sent. */
  #isBegun = false;
  /** While bytes or an answer are on their way. */
  #isBusy = false;
  #isOver = false;
  #isDone = false;
  #ending: Promise<void> | undefined;

  constructor(conversation: ClientConversation, options: ClientUploadOptions) {
    this.#conversation = conversation;
    this.#options = options;
    this.offset = options.offset;
    const sizeBytes = keySizeBytes(options.key);
    if (sizeBytes !== undefined) this.#totalBytes = sizeBytes - options.offset;
    conversation.rest();
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal.aborted) this.#onAbort();
  }

  announce(lengthBytes: number): void {
    this.#totalBytes ??= lengthBytes;
  }

  async send(chunk: Uint8Array): Promise<void> {
    this.#refuseIfOver();
    if (chunk.length === 0) return;
    const { key } = this.#options;
    const totalBytes = this.#totalBytes;
    if (totalBytes === undefined || this.#sentBytes + chunk.length > totalBytes) {
      await this.abort();
      throw totalBytes === undefined
        ? new AnnexError('invariant', `the length of ${key} was not announced`)
        : new AnnexError('protocol', `more bytes than ${key} has`);
    }
    await this.#run(async () => {
      if (!this.#isBegun) {
        this.#isBegun = true;
        await this.#conversation.send({ type: 'DATA', lengthBytes: totalBytes });
      }
      this.#sentBytes += chunk.length;
      const isLast = this.#sentBytes === totalBytes;
      if (isLast) this.#lastByte = chunk.slice(-1);
      await this.#conversation.sendBytes(isLast ? chunk.subarray(0, -1) : chunk, workMs(this.offset));
    });
  }

  async finish(validity: Validity): Promise<Stored> {
    this.#refuseIfOver();
    const { key } = this.#options;
    const totalBytes = this.#totalBytes ?? 0;
    const { version } = this.#conversation;
    if (this.#sentBytes < totalBytes) {
      await this.abort();
      this.#options.signal.throwIfAborted();
      return failed(`${this.#sentBytes} of the missing ${totalBytes} bytes of ${key} were sent`);
    }
    if (version === 0 && validity === 'invalid' && backendOf(keyVariety(key)).hash === undefined) {
      // Such a repository cannot be told, and would judge by the size alone.
      await this.abort();
      this.#options.signal.throwIfAborted();
      return failed(`${key} changed while it was sent`);
    }
    return await this.#end(async () => {
      if (!this.#isBegun) await this.#conversation.send({ type: 'DATA', lengthBytes: 0 });
      if (this.#lastByte !== undefined)
        await this.#conversation.sendBytes(this.#lastByte, workMs(this.offset));
      if (version >= 1) await this.#conversation.send({ type: validity === 'valid' ? 'VALID' : 'INVALID' });
      return fromAnswer(await this.#conversation.receive(), this.#conversation, `did not store ${key}`);
    });
  }

  async dataPresent(): Promise<Stored> {
    this.#refuseIfOver();
    const { key } = this.#options;
    const { version, uuid } = this.#conversation;
    if (version < 4 || this.#isBegun) {
      await this.abort();
      this.#options.signal.throwIfAborted();
      const why = version < 4 ? `it speaks version ${version} of the protocol` : 'bytes of it were sent';
      return failed(`the repository ${uuid} cannot be told that ${key} is there: ${why}`);
    }
    return await this.#end(async () =>
      fromAnswer(
        await this.#conversation.request({ type: 'DATA-PRESENT' }),
        this.#conversation,
        `does not have ${key}`,
      ),
    );
  }

  abort(): Promise<void> {
    this.#ending ??= this.#isDone ? Promise.resolve() : this.#stop();
    return this.#ending;
  }

  async #stop(): Promise<void> {
    this.#isOver = true;
    const { signal } = this.#options;
    if (this.#isBusy) {
      // The chunk may be overwritten from now on, so what is left of it must not be sent.
      this.#conversation.destroy(signal.aborted ? signal.reason : new Error('the upload was aborted'));
    } else if (!this.#isBegun && this.#conversation.version >= 1) {
      await this.#takeBack();
    } else {
      // Closed in order, so that the other side keeps all that was sent.
      await this.#conversation.close();
    }
    this.#done();
  }

  async #takeBack(): Promise<void> {
    const cancel = this.#conversation.limit();
    try {
      await this.#conversation.send({ type: 'DATA', lengthBytes: 0 });
      await this.#conversation.send({ type: 'INVALID' });
      await this.#conversation.receive();
    } catch (error) {
      this.#conversation.destroy(error);
    } finally {
      cancel();
    }
  }

  async #end(body: () => Promise<Stored>): Promise<Stored> {
    this.#isOver = true;
    const sizeBytes = this.offset + (this.#totalBytes ?? 0);
    const timeoutMs = this.#options.answerTimeoutMs + workMs(sizeBytes);
    return await this.#run(async () => {
      const stored = await this.#conversation.within(timeoutMs, body);
      this.#done();
      return stored;
    });
  }

  async #run<T>(body: () => Promise<T>): Promise<T> {
    this.#isBusy = true;
    try {
      return await body();
    } catch (error) {
      this.#isOver = true;
      this.#conversation.destroy(error);
      this.#done();
      this.#options.signal.throwIfAborted();
      throw this.#explain(error);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Two uploads of one key at a time are told so by git-annex in no other way than by hanging up. */
  #explain(error: unknown): AnnexError {
    const { code, message } = this.#conversation.explain(error);
    if (code !== 'peer') return this.#conversation.explain(error);
    const isBusy = message.includes('transfer already in progress');
    return new AnnexError(
      isBusy ? 'busy' : 'peer',
      `${this.#options.key} was not stored: ${message}${isBusy ? '' : ' (another upload of it may be in progress there)'}`,
      { cause: error },
    );
  }

  #done(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#options.done();
  }

  #refuseIfOver(): void {
    this.#options.signal.throwIfAborted();
    if (this.#isOver) throw new AnnexError('invariant', `the upload of ${this.#options.key} is over`);
  }
}

function failed(reason: string): Stored {
  return { stored: false, reason, plusUUIDs: [] };
}
