/**
 * The client's side of one conversation in the P2P protocol (design/p2p_protocol; interop reference §4).
 *
 *     C: CHECKPRESENT SHA256E-s3--…
 *     S: SUCCESS
 *
 * One request at a time. The other side is always listened to, except while content is read, so that its end is noticed
 * at once even when nothing is asked. Whatever it says that was not asked for ends the conversation, and so does an
 * aborted request: after either, bytes and answers could no longer be told apart.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { UUID } from '../types/uuid.ts';
import { byteStringToText } from '../util/byte-string.ts';
import type { Clock } from '../util/clock.ts';
import type { Message, ProtocolVersion } from './message.ts';
import type { Unparsable, Wire } from './wire.ts';

export type Answer = Message | Unparsable;

export interface ClientConversationOptions {
  /** Of the repository at the other end; named in errors. */
  readonly uuid: UUID;
  readonly clock: Clock;
}

export class ClientConversation {
  readonly uuid: UUID;
  readonly #wire: Wire;
  readonly #clock: Clock;
  #version: ProtocolVersion = 0;
  /** What is listened for; never rejects. */
  #next: Promise<Received> | undefined;
  /** False while nothing may come: what comes then ends the conversation. */
  #expects = true;
  #unanswered = false;
  #isOver = false;
  #closing: Promise<void> | undefined;

  constructor(wire: Wire, options: ClientConversationOptions) {
    this.#wire = wire;
    this.uuid = options.uuid;
    this.#clock = options.clock;
  }

  get version(): ProtocolVersion {
    return this.#version;
  }

  /** Whether it ended, by either side. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether it ended after a request was sent and before anything of an answer came. */
  get unanswered(): boolean {
    return this.#isOver && this.#unanswered;
  }

  /** What both sides agreed on. */
  negotiated(version: ProtocolVersion): void {
    this.#version = version;
  }

  /**
   * Runs a piece of the conversation. However it fails the conversation is over, and an aborted signal ends it at once,
   * which is then thrown as it is.
   */
  async guard<T>(signal: AbortSignal, body: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const unwatch = this.watch(signal);
    try {
      return await body();
    } catch (error) {
      this.destroy(error);
      signal.throwIfAborted();
      throw this.explain(error);
    } finally {
      unwatch();
    }
  }

  /** Ends the conversation when the signal is aborted, until the function that is returned is called. */
  watch(signal: AbortSignal): () => void {
    const end = (): void => this.destroy(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    return () => signal.removeEventListener('abort', end);
  }

  /** Sends a request and gives its first answer. */
  async request(message: Message): Promise<Answer> {
    this.#expects = true;
    this.#unanswered = true;
    await this.#wire.send(message);
    return await this.receive();
  }

  async send(message: Message): Promise<void> {
    await this.#wire.send(message);
  }

  /** @param moreMs how much longer than usual the other side may take no byte */
  async sendBytes(chunk: Uint8Array, moreMs?: number): Promise<void> {
    await this.#wire.sendBytes(chunk, moreMs);
  }

  /** The next message, which must come. */
  async receive(): Promise<Answer> {
    this.#expects = true;
    this.#listen();
    const received = await this.#next;
    this.#next = undefined;
    if (received?.message === undefined) throw received?.error ?? this.#hungUp();
    this.#unanswered = false;
    return received.message;
  }

  /** The bytes that follow a DATA that was received; the next message is received after all of them. */
  receiveData(lengthBytes: number): AsyncIterator<Uint8Array, undefined> {
    return this.#wire.receiveData(lengthBytes);
  }

  /** Says that nothing is asked now: an answer that comes all the same ends the conversation, as its end does. */
  rest(): void {
    this.#expects = false;
    this.#unanswered = false;
    if (!this.#isOver) this.#listen();
  }

  /** Ends both directions at once. Never throws. */
  destroy(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#wire.channel.destroy(reason instanceof Error ? reason : new Error(String(reason)));
  }

  /**
   * Ends it in order: the other side reads all that was sent, and is waited for a while (a git-annex commits to its
   * branch then). Never throws.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends the conversation where this takes longer. */
  async within<T>(timeoutMs: number, body: () => Promise<T>): Promise<T> {
    const cancel = this.limit(timeoutMs);
    try {
      return await body();
    } finally {
      cancel();
    }
  }

  /** Ends the conversation unless the function that is returned is called in time. */
  limit(timeoutMs: number = closeTimeoutMs): () => void {
    const timer = this.#clock.after(timeoutMs, () =>
      this.destroy(new AnnexError('peer', `the repository ${this.uuid} did not answer in time`)),
    );
    return () => timer.cancel();
  }

  /** The answer of the other side is not one that the protocol allows. */
  unexpected(answer: Answer, expected: string): AnnexError {
    const said = answer.type === 'unparsable' ? answer.line.slice(0, maxShownBytes) : answer.type;
    const why = answer.type === 'ERROR' ? ` ${byteStringToText(answer.message)}` : '';
    return new AnnexError(
      'protocol',
      `expected ${expected} from the repository ${this.uuid} but it said ${byteStringToText(said)}${why}`,
    );
  }

  explain(error: unknown): AnnexError {
    if (error instanceof AnnexError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new AnnexError('peer', `the conversation with the repository ${this.uuid} broke: ${reason}`, {
      cause: error,
    });
  }

  async #close(): Promise<void> {
    if (this.#isOver) return;
    const cancel = this.limit();
    try {
      await this.#wire.channel.end();
      for (;;) await this.receive();
    } catch {
      // Its end is what was waited for.
    } finally {
      cancel();
      this.destroy(new Error('the conversation was closed'));
    }
  }

  #listen(): void {
    if (this.#next !== undefined) return;
    this.#next = this.#wire.receive().then(
      (message) => ({ message, error: undefined }),
      (error: unknown) => ({ message: undefined, error: this.explain(error) }),
    );
    void this.#next.then((received) => {
      if (received.message === undefined) this.destroy(received.error ?? this.#hungUp());
      else if (!this.#expects) this.destroy(this.unexpected(received.message, 'nothing'));
    });
  }

  #hungUp(): AnnexError {
    return new AnnexError('peer', `the repository ${this.uuid} hung up`);
  }
}

interface Received {
  readonly message: Answer | undefined;
  readonly error: AnnexError | undefined;
}

const closeTimeoutMs = 10_000;
const maxShownBytes = 100;
