/**
 * The line protocol on a unix socket or a loopback port, behind AUTH: what `git annex remotedaemon` does for tor-annex:: and
 * p2p-annex:: addresses. All that the gateway serves can be had by SERVE, git itself by CONNECT, changes by NOTIFYCHANGE.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { serveP2P } from '../../p2p/serve-p2p.ts';
import { Wire } from '../../p2p/wire.ts';
import type { ServerMode } from '../../remote/remote.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { EventSink } from '../../types/event.ts';
import { isAuthToken, readAuthTokens } from '../annex/p2p-auth.ts';
import { removeStaleSocket } from '../channel/stale-socket.ts';
import { streamChannel } from '../channel/stream-channel.ts';
import { relayGit } from '../git/git-relay.ts';
import { watchRefs } from '../git/watch-refs.ts';
import type { GatewayHost } from './gateway-host.ts';

export interface P2PListenerOptions {
  readonly host: GatewayHost;
  /** A path of a unix socket, or a port of the loopback address (0: any free one). */
  readonly at: { readonly path: string } | { readonly port: number };
  readonly mode: ServerMode;
  readonly events: EventSink;
}

export interface P2PListener {
  /** Where it listens: the path, or `127.0.0.1:PORT`. */
  readonly address: string;
  /** Ends the conversations. */
  close(): Promise<void>;
}

export async function listenP2P(options: P2PListenerOptions): Promise<P2PListener> {
  const door = new P2PDoor(options);
  await door.open();
  return door;
}

class P2PDoor implements P2PListener {
  readonly #options: P2PListenerOptions;
  readonly #server: Server;
  readonly #serving = new Map<Socket, Promise<void>>();
  readonly #controller = new AbortController();
  #counter = 0;

  constructor(options: P2PListenerOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, keepAlive: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = maxConnections;
  }

  async open(): Promise<void> {
    const { at } = this.#options;
    if ('path' in at) await removeStaleSocket(at.path);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      const listening = (): void => {
        this.#server.off('error', reject);
        // A connection that cannot be taken (too many open files) is no reason to end.
        this.#server.on('error', () => undefined);
        resolve();
      };
      // Who may connect to the socket may do as much as a token says; others should not even see that.
      const mask = process.umask(0o077);
      if ('path' in at) this.#server.listen({ path: at.path }, listening);
      else this.#server.listen({ host: '127.0.0.1', port: at.port }, listening);
      process.umask(mask);
    });
  }

  get address(): string {
    const address = this.#server.address();
    return typeof address === 'string' ? address : `127.0.0.1:${address?.port ?? 0}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#controller.abort(new AnnexError('peer', 'the server is closing'));
    await Promise.all(this.#serving.values());
    for (const socket of this.#serving.keys()) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const serving = this.#serve(socket).finally(() => {
      socket.destroySoon();
      this.#serving.delete(socket);
    });
    this.#serving.set(socket, serving);
  }

  async #serve(socket: Socket): Promise<void> {
    const { host, mode, events } = this.#options;
    const { git, remote } = host.annex;
    // Whoever does not show a token in time has nothing to do here.
    const greeting = setTimeout(() => socket.destroy(), greetingLimitMs);
    const ended = new AbortController();
    let changes: AsyncGenerator<'watching' | readonly string[]> | undefined;
    await serveP2P(new Wire(streamChannel(socket, socket)), {
      remote,
      resolve: async (uuid) => await host.resolve(uuid),
      greeting: {
        type: 'token',
        isValid: async (token) => {
          const isValid = isAuthToken(await readAuthTokens(`${git.gitDir}/annex`), token);
          if (isValid) clearTimeout(greeting);
          return isValid;
        },
      },
      mode,
      requestId: `p2p-${++this.#counter}`,
      signal: this.#controller.signal,
      events,
      connect: async (service, wire, signal) => {
        if (service === 'git-upload-pack') await host.annex.branch.commit();
        await relayGit(service, wire, { gitDir: git.gitDir, signal });
        if (service === 'git-receive-pack') await host.update();
      },
      notifyChange: async (signal) => {
        const stop = (): void => ended.abort();
        signal.addEventListener('abort', stop, { once: true });
        try {
          // It goes on watching between two questions, so that nothing is missed.
          changes ??= watchRefs(git, ended.signal);
          for (;;) {
            const next = await changes.next();
            if (next.done === true) throw new AnnexError('peer', 'the server is closing');
            if (next.value !== 'watching') return next.value;
          }
        } finally {
          // The signal may be that of all conversations.
          signal.removeEventListener('abort', stop);
        }
      },
    });
    clearTimeout(greeting);
    ended.abort();
    await changes?.return(undefined);
  }
}

const maxConnections = 1000;
const greetingLimitMs = 30_000;
