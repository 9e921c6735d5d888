/**
 * A listening unix socket, or a port of the loopback address, that serves each connection until it ends. Unix sockets are
 * their owner's alone: whoever may connect to one may do as much as its protocol says, and others should not even try.
 */

import { setMaxListeners } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { AnnexError } from '../../types/annex-error.ts';
import { removeStaleSocket } from './stale-socket.ts';

/** A path of a unix socket, or a port of the loopback address (0: any free one). */
export type SocketPlace = { readonly path: string } | { readonly port: number };

/** Serves one connection. The signal is aborted when the door closes. */
export type ServeSocket = (socket: Socket, signal: AbortSignal) => Promise<void>;

export class SocketDoor {
  readonly #server: Server;
  readonly #serving = new Map<Socket, Promise<void>>();
  readonly #controller = new AbortController();

  /** Throws where somebody listens there already. */
  static async open(at: SocketPlace, serve: ServeSocket): Promise<SocketDoor> {
    if ('path' in at) await removeStaleSocket(at.path);
    const door = new SocketDoor(serve);
    await door.#listen(at);
    return door;
  }

  private constructor(serve: ServeSocket) {
    // Each conversation listens to it: many of them are no leak, which Node would warn of.
    setMaxListeners(0, this.#controller.signal);
    this.#server = createServer({ allowHalfOpen: true, keepAlive: true }, (socket) => {
      const serving = served(serve, socket, this.#controller.signal).finally(() => {
        socket.destroySoon();
        this.#serving.delete(socket);
      });
      this.#serving.set(socket, serving);
    });
    this.#server.maxConnections = maxConnections;
  }

  /** The path, or `127.0.0.1:PORT`. */
  get address(): string {
    const address = this.#server.address();
    return typeof address === 'string' ? address : `127.0.0.1:${address?.port ?? 0}`;
  }

  /** Takes no more connections, and ends those that there are. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#controller.abort(new AnnexError('peer', 'the server is closing'));
    await Promise.all(this.#serving.values());
    await closed;
  }

  async #listen(at: SocketPlace): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      const listening = (): void => {
        this.#server.off('error', reject);
        // A connection that cannot be taken (too many open files) is no reason to end.
        this.#server.on('error', () => undefined);
        resolve();
      };
      const mask = process.umask(0o077);
      this.#server.listen('path' in at ? { path: at.path } : { host: '127.0.0.1', port: at.port }, listening);
      process.umask(mask);
    });
  }
}

/** Whatever one connection ends with ends nothing else. */
async function served(serve: ServeSocket, socket: Socket, signal: AbortSignal): Promise<void> {
  await serve(socket, signal).catch(() => undefined);
}

const maxConnections = 1000;
