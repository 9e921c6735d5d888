/**
 * The HTTP listener: any number of handlers at any number of places. No request waits for a worker, and none has a time
 * limit. What becomes of connections is in connections.ts.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTLSServer, type Server as TLSServer } from 'node:https';
import { failureReply } from '../../p2p/http/failure.ts';
import type { Paces } from '../../p2p/http/limits/admission.ts';
import type { HttpHandler, HttpReply, RequestHead } from '../../p2p/http/message.ts';
import type { EventSink } from '../../types/event.ts';
import { usualLimits, type TimeLimits } from '../../types/time-limits.ts';
import type { TraceContext } from '../../types/trace-context.ts';
import { usualConnections } from './connection-bound.ts';
import { Connections } from './connections.ts';
import { discardRest } from './discard-rest.ts';
import type { Exchange } from './exchange.ts';
import type { IsTrusted } from './forwarded.ts';
import { bind, boundURL, type Place } from './place.ts';
import { requestEnded, requestStarted } from './request-events.ts';
import { nobody, sendReply } from './send-reply.ts';

/** A handler that does without our abstractions: true where it takes the request, which it then must answer. */
export type RawHandler = (request: RawRequest) => boolean;

export interface RawRequest extends RequestHead {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  /** Where there are limits: how fast bytes may pass. */
  readonly paces?: Paces | undefined;
}

export interface ListenOptions {
  /** One at least. */
  readonly places: readonly Place[];
  /** The first that takes a request answers it; raw ones are asked before the others. */
  readonly handlers: readonly (HttpHandler | { readonly raw: RawHandler })[];
  readonly events?: EventSink | undefined;
  /** A client that moves no byte for so long though it is its turn is dropped. */
  readonly limits?: Pick<TimeLimits, 'stallMs' | 'patienceMs'> | undefined;
  /** Asked about each new connection that is no trusted proxy's: what to call when it has ended, or undefined to end it at once. */
  readonly admitConnection?: ((address: string | undefined) => (() => void) | undefined) | undefined;
  /** How many connections there are at once; where not given, as many as the limit on open files leaves room for. */
  readonly maxConnections?: number | undefined;
  /**
   * Whether the peer (undefined: at a unix socket) is a proxy that is believed about its clients: X-Forwarded-For,
   * X-Forwarded-Proto and X-Request-Id. Nobody is where not given.
   */
  readonly isTrusted?: IsTrusted | undefined;
  /** The trace of a request that came with this `traceparent`; undefined where it is not traced. */
  readonly traceOf?: ((traceparent: string | undefined) => TraceContext | undefined) | undefined;
}

export interface Listener {
  /** Of each place; `unix:PATH` for a unix socket. */
  readonly urls: readonly string[];
  /** The first of them. */
  readonly url: string;
  /** How many connections are open. */
  readonly connectionCount: number;
  /** Of the first place that has one; 0 where none has. */
  readonly port: number;
  /**
   * Takes no more connections, lets running requests finish for `limitMs`, and ends what is left then. Requests that may
   * last for ever (keeplocked) are ended at once.
   */
  close(options?: { readonly limitMs?: number }): Promise<void>;
}

/** Throws AnnexError('config') where it cannot listen at one of the places. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const door = new Door(options);
  try {
    for (const place of options.places) await door.open(place);
    return door;
  } catch (error) {
    await door.close({ limitMs: 0 });
    throw error;
  }
}

class Door implements Listener {
  readonly #options: ListenOptions;
  readonly #limits: Pick<TimeLimits, 'stallMs' | 'patienceMs'>;
  readonly #servers: Server[] = [];
  readonly #connections: Connections;
  readonly urls: string[] = [];

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#limits = options.limits ?? usualLimits;
    this.#connections = new Connections({
      limits: this.#limits,
      maxConnections: options.maxConnections ?? usualConnections(),
      admit: options.admitConnection,
      isTrusted: options.isTrusted,
      events: options.events,
      serve: (exchange) => this.#serve(exchange),
    });
  }

  async open(place: Place): Promise<void> {
    const server = this.#make(place);
    this.#connections.follow(server, { isTLS: place.certificates !== undefined });
    await bind(server, place);
    server.on('error', (error) => this.#cannotAccept(error));
    this.#servers.push(server);
    const url = boundURL(server, place);
    this.urls.push(url);
    this.#options.events?.({ type: 'listening', url });
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  get url(): string {
    return this.urls[0] ?? '';
  }

  get port(): number {
    const address = this.#servers.map((server) => server.address()).find((each) => typeof each === 'object');
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  }

  async close(options: { readonly limitMs?: number } = {}): Promise<void> {
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    this.#connections.endSoon();
    const limit = setTimeout(() => this.#connections.endNow(), options.limitMs ?? defaultCloseMs);
    await Promise.all(closed);
    clearTimeout(limit);
  }

  #make({ certificates }: Place): Server | TLSServer {
    const { stallMs } = this.#limits;
    const common = {
      maxHeaderSize: maxHeaderBytes,
      requestTimeout: 0,
      headersTimeout: stallMs,
      connectionsCheckingInterval: Math.min(maxCheckingMs, stallMs / 2),
      keepAliveTimeout: keepAliveTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelay: probeAfterMs,
    };
    if (certificates === undefined) {
      const server = createServer(common);
      server.timeout = stallMs;
      return server;
    }
    const handshakeTimeout = Math.min(stallMs, maxHandshakeMs);
    const server = createTLSServer({ ...common, ...certificates.credentials, handshakeTimeout });
    server.timeout = stallMs;
    certificates.follow(server);
    return server;
  }

  /** A connection that cannot be taken is no reason to end: the client comes again. */
  #cannotAccept(error: Error): void {
    const { code, message } = error as NodeJS.ErrnoException;
    const isFull = code === 'EMFILE' || code === 'ENFILE';
    const hint = isFull ? ': raise the limit on open files (ulimit -n, or LimitNOFILE= of systemd)' : '';
    this.#options.events?.({ type: 'warning', message: `a connection was not taken, ${message}${hint}` });
  }

  #serve(exchange: Exchange): void {
    if (this.#connections.isClosing) exchange.response.shouldKeepAlive = false;
    const { events, traceOf } = this.#options;
    exchange.trace = traceOf?.(exchange.header('traceparent'));
    events?.(requestStarted(exchange));
    if (!this.#handledRaw(exchange)) void this.#answer(exchange);
  }

  #handledRaw(exchange: Exchange): boolean {
    const { response } = exchange;
    for (const handler of this.#options.handlers) {
      if (typeof handler === 'function' || !handler.raw(exchange)) continue;
      exchange.isRaw = true;
      response.once('close', () => this.#over(exchange, response.statusCode));
      if (exchange.awaitsContinue && !response.headersSent) response.writeContinue();
      return true;
    }
    return false;
  }

  async #reply(exchange: Exchange): Promise<HttpReply> {
    for (const handler of this.#options.handlers) {
      const reply = typeof handler === 'function' ? handler(exchange) : undefined;
      if (reply !== undefined) return reply;
    }
    return nobody;
  }

  async #answer(exchange: Exchange): Promise<void> {
    const failed = (error: unknown): HttpReply => {
      this.#options.events?.({ type: 'request-failed', requestId: exchange.id, error });
      return failureReply(error);
    };
    try {
      const status = await sendReply(exchange, await this.#reply(exchange).catch(failed), failed);
      discardRest(exchange);
      this.#over(exchange, status);
    } catch (error) {
      // Part of the reply is out: only an end that is visibly no end can tell the client now.
      this.#options.events?.({ type: 'request-failed', requestId: exchange.id, error });
      exchange.socket.destroy();
      this.#over(exchange, exchange.response.statusCode);
    }
  }

  #over(exchange: Exchange, status: number): void {
    this.#options.events?.(requestEnded(exchange, status));
    this.#connections.over(exchange);
  }
}

const defaultCloseMs = 10_000;
const keepAliveTimeoutMs = 75_000;
// Nothing but a handshake is expected in it: far less than any request may take.
const maxHandshakeMs = 10_000;
// Who sends headers bit by bit is looked at so often.
const maxCheckingMs = 10_000;
// Finds peers that vanished without a word, in keeplocked too.
const probeAfterMs = 60_000;
// A request line with a long percent-encoded file name, and 64 KiB of headers besides.
const maxHeaderBytes = 512 * 1024;
