/**
 * One request and its reply on a connection: what the universal handlers see of node:http's two objects. What costs
 * something (headers, body, signal) is made when it is first asked for, since most requests never do.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpRequest } from '../../p2p/http/message.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { TimeLimits } from '../../types/time-limits.ts';
import type { TraceContext } from '../../types/trace-context.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { plainAddress, type Forwarded } from './forwarded.ts';
import { RequestBody } from './request-body.ts';

export class Exchange implements HttpRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly message: IncomingMessage;
  /** The message loses its own where a pipeline takes it to an end that failed. */
  readonly socket: Socket;
  readonly response: ServerResponse;
  readonly startedMs: number;
  /** The client sent `Expect: 100-continue` and has not been told to go on. */
  awaitsContinue: boolean;
  /** The progress timeout is not for this one. */
  silent = false;
  /** Served by a handler that speaks with node:http itself, so that nobody tells us when it waits. */
  isRaw = false;
  trace: TraceContext | undefined;
  /** Who asks, where that is known. */
  user: ByteString | undefined;
  repository: UUID | undefined;
  readonly #forwarded: Forwarded | undefined;
  #waitingSinceMs: number | undefined;
  #isTaking = false;
  #movedBytes = 0;
  #quietSinceMs = 0;
  #body: RequestBody | undefined;
  #controller: AbortController | undefined;
  #hungUp: Error | undefined;
  #interrupt: ((error: Error) => void) | undefined;

  constructor(
    id: string,
    http: {
      readonly message: IncomingMessage;
      readonly response: ServerResponse;
      readonly awaitsContinue: boolean;
      readonly forwarded?: Forwarded | undefined;
    },
  ) {
    this.id = id;
    this.message = http.message;
    this.socket = http.message.socket;
    this.response = http.response;
    this.awaitsContinue = http.awaitsContinue;
    this.#forwarded = http.forwarded;
    this.startedMs = performance.now();
    this.method = http.message.method ?? '';
    const target = originForm(http.message.url ?? '');
    const question = target.indexOf('?');
    this.path = question === -1 ? target : target.slice(0, question);
    this.query = question === -1 ? '' : target.slice(question + 1);
  }

  get secure(): boolean {
    return this.#forwarded?.secure ?? 'encrypted' in this.socket;
  }

  get address(): string | undefined {
    return this.#forwarded?.address ?? plainAddress(this.socket.remoteAddress);
  }

  header(name: string): string | undefined {
    const value = this.message.headers[name];
    return typeof value === 'string' ? value : value?.join(', ');
  }

  granted(user: ByteString | undefined, repository: UUID): void {
    this.user = user;
    this.repository = repository;
  }

  get hasHungUp(): boolean {
    return this.#hungUp !== undefined;
  }

  get body(): RequestBody {
    this.#body ??= this.#makeBody();
    return this.#body;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#hungUp !== undefined) this.#controller.abort(this.#hungUp);
    }
    return this.#controller.signal;
  }

  allowSilence(): void {
    this.silent = true;
  }

  /** Whether someone has begun to read the body. */
  get bodyTouched(): boolean {
    return this.#body !== undefined;
  }

  /**
   * The connection ends with this reply, and the client is still sending its body. A connection that is closed with bytes
   * unread is reset, and the reply in it may be lost: the reply is sent whole, and ended when the body has ended.
   */
  get endsLate(): boolean {
    return !this.response.shouldKeepAlive && !this.message.complete && !this.awaitsContinue;
  }

  /**
   * Asked when no byte has moved for `stallMs`.
   * @returns the limit for which the client has kept us waiting; undefined where it has not for so long
   */
  stalledFor(limits: Pick<TimeLimits, 'stallMs' | 'patienceMs'>): number | undefined {
    const sinceMs = this.isRaw ? this.#rawWaitingSinceMs(limits.stallMs) : this.#waitingSinceMs;
    if (this.silent || sinceMs === undefined) return undefined;
    const limitMs = this.isRaw || this.#isTaking ? limits.patienceMs : limits.stallMs;
    // The timer that asks has a coarser clock.
    return performance.now() - sinceMs >= limitMs - timerSlackMs ? limitMs : undefined;
  }

  /** A program may work in silence for as long as it likes: it is the client's turn where it owes bytes or takes none. */
  #rawWaitingSinceMs(stallMs: number): number | undefined {
    const { message, response, socket } = this;
    const movedBytes = socket.bytesRead + socket.bytesWritten;
    if (movedBytes !== this.#movedBytes) {
      this.#movedBytes = movedBytes;
      this.#quietSinceMs = performance.now() - stallMs;
    }
    const isItsTurn = (!message.complete && !message.isPaused()) || response.writableLength > 0;
    return isItsTurn ? this.#quietSinceMs : undefined;
  }

  /** The connection is gone, or about to be: wakes whoever waits for it, and tells all who work for this request. */
  hangUp(why: string): void {
    if (this.#hungUp !== undefined) return;
    this.#hungUp = new AnnexError('peer', why);
    this.#body?.fail(this.#hungUp);
    this.#interrupt?.(this.#hungUp);
    this.#controller?.abort(this.#hungUp);
  }

  /**
   * Waits for the client to take bytes: `write` hands them to the response and calls back when the machine has them.
   * Rejects when the client hangs up first.
   */
  handOver(write: (taken: (error?: Error | null) => void) => void): Promise<void> {
    if (this.#hungUp !== undefined) return Promise.reject(this.#hungUp);
    this.#waitingSinceMs = performance.now();
    this.#isTaking = true;
    return new Promise((resolve, reject) => {
      const settle = (error?: Error | null): void => {
        this.#waitingSinceMs = undefined;
        this.#interrupt = undefined;
        if (error) reject(error);
        else resolve();
      };
      this.#interrupt = settle;
      write(settle);
    });
  }

  #makeBody(): RequestBody {
    const body = new RequestBody(this.message, {
      started: () => {
        if (!this.awaitsContinue) return;
        this.awaitsContinue = false;
        this.response.writeContinue();
      },
      waiting: (isWaiting) => {
        this.#waitingSinceMs = isWaiting ? performance.now() : undefined;
        this.#isTaking = false;
      },
    });
    if (this.#hungUp !== undefined) body.fail(this.#hungUp);
    return body;
  }
}

const timerSlackMs = 50;

/** Proxies may be sent `http://host/path`; everyone else sends `/path`. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const authority = target.indexOf('://');
  if (authority === -1) return target;
  const slash = target.indexOf('/', authority + 3);
  return slash === -1 ? '/' : target.slice(slash);
}
