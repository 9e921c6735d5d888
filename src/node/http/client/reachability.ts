/**
 * Whether a server can be reached at all. A request that has no answer yet may wait for long, as a server may hash a file;
 * but one whose packets get lost never answers, and the system would notice after a quarter of an hour. So while a request
 * waits, a second connection is tried now and then: whoever takes none is gone.
 */

import { connect, type LookupFunction } from 'node:net';
import { AnnexError } from '../../../types/annex-error.ts';
import { RecentFailure } from '../../../util/recent-failure.ts';
import { systemClock } from '../../clock.ts';

/** Nothing came back from the server's machine, not even a no. */
export class Unreachable extends AnnexError {}

export interface ReachabilityOptions {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly lookup?: LookupFunction | undefined;
  readonly connectMs: number;
}

export class Reachability {
  readonly #options: ReachabilityOptions;
  readonly #failure = new RecentFailure(systemClock);
  #probing: Promise<Unreachable | undefined> | undefined;

  constructor(options: ReachabilityOptions) {
    this.#options = options;
  }

  /** Throws Unreachable where it was found to be a short while ago, and a probe gives no better answer soon. */
  async throwIfUnreachable(): Promise<void> {
    await this.#failure.retryIfRecent(async (signal) => {
      const sinceSeconds = systemClock.elapsedSeconds();
      const error = await this.#connect(signal);
      signal.throwIfAborted();
      if (error !== undefined) throw this.#failure.remember(error, sinceSeconds);
    });
  }

  /** Keeps in mind what a request that began then has found out. Only Unreachable counts. */
  learn(error: unknown, sinceSeconds: number): void {
    if (error instanceof Unreachable) this.#failure.remember(error, sinceSeconds);
  }

  /** Tries a connection. One try serves all who ask meanwhile. */
  probe(): Promise<Unreachable | undefined> {
    this.#probing ??= this.#connect().finally(() => {
      this.#probing = undefined;
    });
    return this.#probing;
  }

  /** A server that refuses is there: the request's own connection tells what becomes of it. */
  #connect(signal?: AbortSignal): Promise<Unreachable | undefined> {
    const { host, port, lookup, connectMs } = this.#options;
    return new Promise((resolve) => {
      const socket = connect({ host, port, ...(lookup === undefined ? {} : { lookup }) });
      const end = (answer?: Unreachable): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        socket.destroy();
        resolve(answer);
      };
      const giveUp = (): void => end();
      signal?.addEventListener('abort', giveUp, { once: true });
      const timer = setTimeout(() => end(noConnection(`${host}:${port}`, connectMs)), connectMs);
      timer.unref();
      socket.once('connect', () => end());
      // For good: an error after the socket was given up must not end the process.
      socket.on('error', () => end());
    });
  }
}

export function noConnection(server: string, connectMs: number): Unreachable {
  const message = `the connection to ${server} failed: no connection within ${connectMs / 1000} seconds`;
  return new Unreachable('peer', message);
}
