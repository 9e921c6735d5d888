/**
 * The HTTP listener: one node:http server, any number of handlers on its port. No request waits for a worker, and none
 * has a time limit; a client is dropped when no byte moves for a while though it is its turn (never in keeplocked).
 * Requests of one connection are served one after the other, so that a client that sends many at once, and reads none of
 * the replies, holds one file and not a thousand.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { failureReply } from '../../p2p/http/failure.ts';
import type { HttpHandler, HttpReply, RequestHead } from '../../p2p/http/message.ts';
import type { EventSink } from '../../types/event.ts';
import { usualLimits, type TimeLimits } from '../../types/time-limits.ts';
import type { TraceContext } from '../../types/trace-context.ts';
import { discardRest } from './discard-rest.ts';
import { Exchange } from './exchange.ts';
import { requestEnded, requestStarted } from './request-events.ts';
import { requestIds, saneRequestId } from './request-id.ts';
import { nobody, sendReply } from './send-reply.ts';

/** A handler that does without our abstractions: true where it takes the request, which it then must answer. */
export type RawHandler = (request: RawRequest) => boolean;

export interface RawRequest extends RequestHead {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

export interface ListenOptions {
  /** Undefined: all addresses, IPv4 and IPv6. */
  readonly host?: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  /** The first that takes a request answers it; raw ones are asked before the others. */
  readonly handlers: readonly (HttpHandler | { readonly raw: RawHandler })[];
  readonly events?: EventSink | undefined;
  /** A client that moves no byte for so long though it is its turn is dropped. */
  readonly limits?: Pick<TimeLimits, 'stallMs' | 'patienceMs'> | undefined;
  /** Whether the peer is a proxy that may name requests (X-Request-Id). Nobody is where not given. */
  readonly isTrusted?: ((address: string | undefined) => boolean) | undefined;
  /** The trace of a request that came with this `traceparent`; undefined where it is not traced. */
  readonly traceOf?: ((traceparent: string | undefined) => TraceContext | undefined) | undefined;
}

export interface Listener {
  readonly port: number;
  /** How many connections are open. */
  readonly connectionCount: number;
  readonly url: string;
  /**
   * Takes no more connections, lets running requests finish for `limitMs`, and ends what is left then. Requests that may
   * last for ever (keeplocked) are ended at once.
   */
  close(options?: { readonly limitMs?: number }): Promise<void>;
}

export async function listen(options: ListenOptions): Promise<Listener> {
  const door = new Door(options);
  await door.open();
  return door;
}

class Door implements Listener {
  readonly #options: ListenOptions;
  readonly #limits: Pick<TimeLimits, 'stallMs' | 'patienceMs'>;
  readonly #server: Server;
  /** The exchanges of each connection in the order of their requests; the first is being served. */
  readonly #connections = new Map<Socket, Set<Exchange>>();
  readonly #nextId = requestIds();
  #closing = false;

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#limits = options.limits ?? usualLimits;
    const { stallMs } = this.#limits;
    this.#server = createServer({
      maxHeaderSize: maxHeaderBytes,
      requestTimeout: 0,
      headersTimeout: stallMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelay: probeAfterMs,
    });
    this.#server.timeout = stallMs;
    this.#server.on('connection', (socket) => this.#connected(socket));
    this.#server.on('timeout', (socket: Socket) => this.#timedOut(socket));
    this.#server.on('request', (message, response) => this.#requested(message, response, false));
    this.#server.on('checkContinue', (message, response) => this.#requested(message, response, true));
  }

  async open(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#options.events?.({ type: 'listening', url: this.url });
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address.includes(':') ? `[${address}]` : address}:${port}/`;
  }

  async close(options: { readonly limitMs?: number } = {}): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const [socket, exchanges] of this.#connections) {
      for (const exchange of exchanges) exchange.response.shouldKeepAlive = false;
      if ([...exchanges].every((exchange) => exchange.silent)) this.#drop(socket, 'the server is closing');
    }
    const limit = setTimeout(() => {
      for (const socket of this.#connections.keys()) this.#drop(socket, 'the server is closing');
    }, options.limitMs ?? defaultCloseMs);
    await closed;
    clearTimeout(limit);
  }

  /** Tells everyone who works for the connection's requests before it ends. */
  #drop(socket: Socket, why: string): void {
    for (const exchange of this.#connections.get(socket) ?? []) exchange.hangUp(why);
    socket.destroy();
  }

  #connected(socket: Socket): void {
    const exchanges = new Set<Exchange>();
    this.#connections.set(socket, exchanges);
    socket.on('close', () => {
      this.#connections.delete(socket);
      for (const exchange of exchanges) exchange.hangUp('the client hung up');
    });
  }

  /** No byte has moved for a while: is it the client's fault? */
  #timedOut(socket: Socket): void {
    const exchanges = this.#connections.get(socket);
    if (exchanges === undefined || exchanges.size === 0) {
      socket.destroy();
      return;
    }
    for (const exchange of exchanges) {
      const limitMs = exchange.stalledFor(this.#limits);
      if (limitMs === undefined) continue;
      this.#drop(socket, `the client moved no byte for ${limitMs / 1000} s`);
      return;
    }
    socket.setTimeout(this.#limits.stallMs);
  }

  #requested(message: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const exchange = new Exchange(this.#idOf(message), { message, response, awaitsContinue });
    const exchanges = this.#connections.get(message.socket);
    exchanges?.add(exchange);
    if (exchanges === undefined || exchanges.size === 1) this.#serve(exchange);
    else if (exchanges.size > maxPipelined)
      this.#drop(message.socket, 'the client sent too many requests ahead');
  }

  #idOf({ headers, socket }: IncomingMessage): string {
    const given = headers['x-request-id'];
    const isTrusted = given !== undefined && this.#options.isTrusted?.(socket.remoteAddress) === true;
    return (isTrusted ? saneRequestId(String(given)) : undefined) ?? this.#nextId();
  }

  #serve(exchange: Exchange): void {
    if (this.#closing) exchange.response.shouldKeepAlive = false;
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
      exchange.message.socket.destroy();
      this.#over(exchange, exchange.response.statusCode);
    }
  }

  #over(exchange: Exchange, status: number): void {
    const { socket } = exchange.message;
    const exchanges = this.#connections.get(socket);
    exchanges?.delete(exchange);
    this.#options.events?.(requestEnded(exchange, status));
    const [next] = exchanges ?? [];
    if (next !== undefined && !socket.destroyed) this.#serve(next);
    else if (this.#closing && exchanges?.size === 0) socket.destroySoon();
  }
}

// More than fit in what is read at once, if they mean anything.
const maxPipelined = 1000;
const defaultCloseMs = 10_000;
const keepAliveTimeoutMs = 75_000;
// Finds peers that vanished without a word, in keeplocked too.
const probeAfterMs = 60_000;
// A request line with a long percent-encoded file name, and 64 KiB of headers besides.
const maxHeaderBytes = 512 * 1024;
