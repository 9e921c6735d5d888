/**
 * A download in the P2P protocol, for the client (interop reference §4.10).
 *
 *     C: GET 5  SHA256E-s19--…
 *     S: DATA 14               + 14 bytes          (DATA 0 and INVALID: not present)
 *     S: VALID                                     (version 1 and up)
 *     C: SUCCESS
 *
 * It holds its conversation until its last message, or until it is let go of. What little is left then is read in the
 * background; more than that costs the conversation.
 */

import { AnnexError } from '../types/annex-error.ts';
import { backendOf } from '../types/backend.ts';
import { keySizeBytes, keyVariety, type Key } from '../types/key.ts';
import { workMs } from '../types/time-limits.ts';
import { byteStringToText, type ByteString } from '../util/byte-string.ts';
import type { Content, ContentDigest, DigestFactory, Validity } from '../remote/remote.ts';
import type { ClientConversation } from './client-conversation.ts';

export interface DownloadOptions {
  readonly offset: number;
  readonly associatedFile: ByteString | undefined;
  readonly makeDigest: DigestFactory;
  /** How long the beginning may take, besides the time for the content: some must have all of it before they give any. */
  readonly answerTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Called once, when the conversation is free again or over. */
  readonly done: () => void;
}

/** Asks for content; undefined where it is not present. `done` is called in every case but when this throws. */
export async function beginDownload(
  conversation: ClientConversation,
  key: Key,
  options: DownloadOptions,
): Promise<Content | undefined> {
  const { offset, makeDigest, answerTimeoutMs, signal } = options;
  const timeoutMs = answerTimeoutMs + workMs(keySizeBytes(key) ?? 0);
  const content = await conversation.guard(signal, () =>
    conversation.within(timeoutMs, () => askToGet(conversation, key, options)),
  );
  if (typeof content === 'string') {
    options.done();
    throw new AnnexError('remote', `the repository ${conversation.uuid} does not give ${key}: ${content}`);
  }
  if (typeof content === 'number') {
    const digest = conversation.version === 0 && offset === 0 ? digestOf(key, makeDigest) : undefined;
    return new ClientDownload(conversation, {
      key,
      lengthBytes: content,
      digest,
      signal,
      done: options.done,
    });
  }
  options.done();
  return content ? emptyContent() : undefined;
}

/** How many bytes come; whether it is there where none do; or why it is not given. */
async function askToGet(
  conversation: ClientConversation,
  key: Key,
  { offset, associatedFile }: DownloadOptions,
): Promise<number | boolean | string> {
  const answer = await conversation.request({ type: 'GET', offset, associatedFile, key });
  if (answer.type === 'ERROR') return byteStringToText(answer.message);
  if (answer.type !== 'DATA' || answer.lengthBytes < 0) throw conversation.unexpected(answer, 'DATA');
  if (answer.lengthBytes === 0) return await isThere(conversation, key, offset);
  return answer.lengthBytes;
}

/** After DATA 0: whether the content is there and ended at the offset, rather than missing. */
async function isThere(conversation: ClientConversation, key: Key, offset: number): Promise<boolean> {
  if (conversation.version >= 1) {
    const validity = await receiveValidity(conversation);
    await conversation.send({ type: validity === 'valid' ? 'SUCCESS' : 'FAILURE' });
    return validity === 'valid';
  }
  await conversation.send({ type: 'SUCCESS' });
  if (offset < (keySizeBytes(key) ?? 0)) return false;
  const answer = await conversation.request({ type: 'CHECKPRESENT', key });
  if (answer.type === 'SUCCESS' || answer.type === 'FAILURE') return answer.type === 'SUCCESS';
  throw conversation.unexpected(answer, 'SUCCESS or FAILURE');
}

async function receiveValidity(conversation: ClientConversation): Promise<Validity> {
  const answer = await conversation.receive();
  if (answer.type === 'VALID') return 'valid';
  if (answer.type === 'INVALID') return 'invalid';
  throw conversation.unexpected(answer, 'VALID or INVALID');
}

function digestOf(key: Key, makeDigest: DigestFactory): ContentDigest | undefined {
  return backendOf(keyVariety(key)).hash === undefined ? undefined : makeDigest(key);
}

function emptyContent(): Content {
  return {
    lengthBytes: 0,
    stable: false,
    chunks: {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(ended) }),
    },
    validity: () => Promise.resolve('valid'),
  };
}

interface ClientDownloadOptions extends Pick<DownloadOptions, 'signal' | 'done'> {
  readonly key: Key;
  readonly lengthBytes: number;
  /** Judges the content where the protocol's version has no VALID. */
  readonly digest: ContentDigest | undefined;
}

/** An iterator by hand: an async generator that never ran frees nothing. */
class ClientDownload implements Content, AsyncIterableIterator<Uint8Array> {
  readonly lengthBytes: number;
  readonly stable = false;
  readonly #conversation: ClientConversation;
  readonly #options: ClientDownloadOptions;
  readonly #data: AsyncIterator<Uint8Array, undefined>;
  readonly #onAbort = (): void => this.#end(this.#options.signal.reason);
  #leftBytes: number;
  #isReading = false;
  #isOver = false;
  #isDone = false;
  /** Whether its reader wants no more, or has all. */
  #isLeft = false;
  #validity: Validity = 'invalid';

  constructor(conversation: ClientConversation, options: ClientDownloadOptions) {
    this.#conversation = conversation;
    this.#options = options;
    this.lengthBytes = options.lengthBytes;
    this.#leftBytes = options.lengthBytes;
    this.#data = conversation.receiveData(options.lengthBytes);
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get chunks(): AsyncIterable<Uint8Array> {
    return this;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  validity(): Promise<Validity> {
    return Promise.resolve(this.#validity);
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isOver) {
      if (!this.#isLeft) this.#options.signal.throwIfAborted();
      return ended;
    }
    this.#isReading = true;
    // Whoever waits for more may have it from another node.
    const cancel = this.#conversation.limit(stallMs);
    try {
      const result = await this.#data.next();
      if (result.done === true) {
        await this.#settle();
        this.#isLeft = true;
        return ended;
      }
      this.#options.digest?.update(result.value);
      this.#leftBytes -= result.value.length;
      return result;
    } catch (error) {
      this.#end(error);
      this.#options.signal.throwIfAborted();
      throw this.#conversation.explain(error);
    } finally {
      cancel();
      this.#isReading = false;
    }
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    if (!this.#isOver) {
      if (this.#isReading || this.#leftBytes > drainBytes) this.#end(new Error('the download was left'));
      else void this.#drain();
    }
    this.#isLeft = true;
    return Promise.resolve(ended);
  }

  async #drain(): Promise<void> {
    this.#isOver = true;
    const cancel = this.#conversation.limit();
    try {
      for (;;) if ((await this.#data.next()).done === true) break;
      await this.#settle();
    } catch (error) {
      this.#end(error);
    } finally {
      cancel();
    }
  }

  /** After the last byte. */
  async #settle(): Promise<void> {
    const { digest } = this.#options;
    const { version } = this.#conversation;
    const validity =
      version >= 1
        ? await receiveValidity(this.#conversation)
        : digest?.matches() === true
          ? 'valid'
          : 'invalid';
    await this.#conversation.send({ type: validity === 'valid' ? 'SUCCESS' : 'FAILURE' });
    this.#validity = validity;
    this.#over();
  }

  #end(reason: unknown): void {
    this.#conversation.destroy(reason);
    this.#over();
  }

  #over(): void {
    this.#isOver = true;
    if (this.#isDone) return;
    this.#isDone = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#options.done();
  }
}

const ended: IteratorReturnResult<undefined> = { done: true, value: undefined };
/** For bytes that do not come though somebody wants them. */
const stallMs = 60_000;
/** Cheaper to read to the end than a new conversation. */
const drainBytes = 65_536;
