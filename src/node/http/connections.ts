/**
 * The connections of a listener's servers. The requests of one connection are served one after the other, so that a client
 * that sends many at once, and reads none of the replies, holds one file and not a thousand. A client is dropped when no
 * byte moves for a while though it is its turn (never in keeplocked). Where there are too many connections, the one that
 * has been idle for longest makes room for the next; where requests that have only begun take too much memory together, the
 * longest of them end.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { EventSink } from '../../types/event.ts';
import type { TimeLimits } from '../../types/time-limits.ts';
import { Exchange } from './exchange.ts';
import { plainAddress, readForwarded, type IsTrusted } from './forwarded.ts';
import { requestIds } from './request-id.ts';

export interface ConnectionsOptions {
  readonly limits: Pick<TimeLimits, 'stallMs' | 'patienceMs'>;
  readonly maxConnections: number;
  /** Asked about each new connection that is no trusted proxy's: what to call when it has ended, or undefined to end it at once. */
  readonly admit: ((address: string | undefined) => (() => void) | undefined) | undefined;
  readonly isTrusted: IsTrusted | undefined;
  readonly events: EventSink | undefined;
  /** Begins to answer; `over` is called when that is done. */
  readonly serve: (exchange: Exchange) => void;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  /** As the system has them, those whose TLS handshake is under way among them. */
  readonly #sockets = new Set<Socket>();
  /** The exchanges of each connection in the order of their requests; the first is being served. */
  readonly #exchanges = new Map<Socket, Set<Exchange>>();
  readonly #nextID = requestIds();
  /**
   * Connections without a request, in the order in which they became so, and how many bytes they had received by then:
   * what came since is of a request whose head is not complete.
   */
  readonly #idle = new Map<Socket, number>();
  #heads: NodeJS.Timeout | undefined;
  #closing = false;
  #warnedMs = Number.NEGATIVE_INFINITY;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** Takes the server's connections from now on. */
  follow(server: Server, { isTLS }: { readonly isTLS: boolean }): void {
    this.#heads ??= setInterval(() => this.#limitHeads(), lookAtHeadsMs).unref();
    server.on('connection', (socket) => {
      if (this.#accept(socket) && !isTLS) this.#connected(socket);
    });
    if (isTLS) server.on('secureConnection', (socket: Socket) => this.#connected(socket));
    server.on('timeout', (socket: Socket) => this.#timedOut(socket));
    server.on('request', (message, response) => this.#requested(message, response, false));
    server.on('checkContinue', (message, response) => this.#requested(message, response, true));
  }

  /** How many are open. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Whether an exchange that is begun now is to be its connection's last. */
  get isClosing(): boolean {
    return this.#closing;
  }

  /** The exchange has been answered. */
  over(exchange: Exchange): void {
    const { socket } = exchange;
    const exchanges = this.#exchanges.get(socket);
    if (exchanges === undefined) return;
    exchanges.delete(exchange);
    const [next] = exchanges;
    if (next !== undefined && !socket.destroyed) this.#options.serve(next);
    else if (exchanges.size === 0 && this.#closing) socket.destroySoon();
    else if (exchange.message.complete) this.#rests(socket);
    else exchange.message.once('end', () => this.#rests(socket));
  }

  /** No request is begun after this, and connections whose requests may last for ever end at once. */
  endSoon(): void {
    this.#closing = true;
    clearInterval(this.#heads);
    for (const [socket, exchanges] of this.#exchanges) {
      for (const exchange of exchanges) exchange.response.shouldKeepAlive = false;
      if ([...exchanges].every((exchange) => exchange.silent)) this.#drop(socket, isClosing);
    }
  }

  endNow(): void {
    this.#closing = true;
    for (const socket of this.#exchanges.keys()) this.#drop(socket, isClosing);
    for (const socket of this.#sockets) socket.destroy();
  }

  /** False where there is no room for one more, or its address has enough. */
  #accept(socket: Socket): boolean {
    if (this.#sockets.size >= this.#options.maxConnections && !this.#makeRoom()) {
      socket.destroy();
      return false;
    }
    const { isTrusted } = this.#options;
    // Those of a proxy are of many clients.
    const isProxy = isTrusted?.(plainAddress(socket.remoteAddress)) === true;
    const admit = isProxy ? undefined : this.#options.admit;
    const left = admit?.(socket.remoteAddress);
    if (admit !== undefined && left === undefined) {
      socket.destroy();
      return false;
    }
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      left?.();
    });
    return true;
  }

  #makeRoom(): boolean {
    this.#warn();
    const [longestIdle] = this.#idle.keys();
    if (longestIdle === undefined) return false;
    this.#idle.delete(longestIdle);
    longestIdle.destroy();
    return true;
  }

  #warn(): void {
    if (performance.now() - this.#warnedMs < warnEveryMs) return;
    this.#warnedMs = performance.now();
    const { maxConnections, events } = this.#options;
    events?.({
      type: 'warning',
      message: `${maxConnections} connections are open, and no more are taken at a time (a share of the limit on open files, unless told otherwise): idle ones end to make room, and where none is idle new ones do`,
    });
  }

  #rests(socket: Socket): void {
    if (this.#exchanges.get(socket)?.size === 0) this.#idle.set(socket, socket.bytesRead);
  }

  #limitHeads(): void {
    const heads = Array.from(this.#idle, ([socket, before]) => ({
      socket,
      bytes: socket.bytesRead - before,
    }));
    let total = heads.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total <= maxHeadsBytes) return;
    heads.sort((one, other) => other.bytes - one.bytes);
    for (const { socket, bytes } of heads) {
      if (total <= maxHeadsBytes) break;
      total -= bytes;
      socket.destroy();
    }
  }

  #connected(socket: Socket): void {
    if (this.#closing) {
      socket.destroy();
      return;
    }
    const exchanges = new Set<Exchange>();
    this.#exchanges.set(socket, exchanges);
    this.#idle.set(socket, 0);
    socket.on('close', () => {
      this.#exchanges.delete(socket);
      this.#idle.delete(socket);
      for (const exchange of exchanges) exchange.hangUp('the client hung up');
    });
  }

  /** Tells everyone who works for the connection's requests before it ends. */
  #drop(socket: Socket, why: string): void {
    for (const exchange of this.#exchanges.get(socket) ?? []) exchange.hangUp(why);
    socket.destroy();
  }

  /** No byte has moved for a while: is it the client's fault? */
  #timedOut(socket: Socket): void {
    const exchanges = this.#exchanges.get(socket);
    if (exchanges === undefined || exchanges.size === 0) {
      socket.destroy();
      return;
    }
    const { limits } = this.#options;
    for (const exchange of exchanges) {
      const limitMs = exchange.stalledFor(limits);
      if (limitMs === undefined) continue;
      this.#drop(socket, `the client moved no byte for ${limitMs / 1000} s`);
      return;
    }
    socket.setTimeout(limits.stallMs);
  }

  #requested(message: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const { socket } = message;
    const forwarded = readForwarded(message, this.#options.isTrusted);
    const id = forwarded?.requestID ?? this.#nextID();
    const exchange = new Exchange(id, { message, response, awaitsContinue, forwarded });
    const exchanges = this.#exchanges.get(socket);
    this.#idle.delete(socket);
    exchanges?.add(exchange);
    if (exchanges === undefined || exchanges.size === 1) this.#options.serve(exchange);
    else if (exchanges.size > maxPipelined) this.#drop(socket, 'the client sent too many requests ahead');
  }
}

const isClosing = 'the server is closing';
// More than fit in what is read at once, if they mean anything.
const maxPipelined = 1000;
const warnEveryMs = 10_000;
const maxHeadsBytes = 64 * 1024 * 1024;
const lookAtHeadsMs = 500;
