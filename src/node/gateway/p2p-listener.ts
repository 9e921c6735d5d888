/**
 * The line protocol on a unix socket or a loopback port, behind AUTH: what `git annex remotedaemon` does for tor-annex:: and
 * p2p-annex:: addresses. All that the gateway serves can be had by SERVE, git itself by CONNECT, changes by NOTIFYCHANGE.
 */

import type { Socket } from 'node:net';
import { serveP2P } from '../../p2p/serve-p2p.ts';
import { Wire } from '../../p2p/wire.ts';
import type { ServerMode } from '../../remote/remote.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { EventSink } from '../../types/event.ts';
import { isAuthToken, readAuthTokens } from '../annex/p2p-auth.ts';
import { systemClock } from '../clock.ts';
import { SocketDoor, type SocketPlace } from '../channel/socket-door.ts';
import { streamChannel } from '../channel/stream-channel.ts';
import { relayGit } from '../git/git-relay.ts';
import { watchRefs } from '../git/watch-refs.ts';
import type { GatewayHost } from './gateway-host.ts';

export interface P2PListenerOptions {
  readonly host: GatewayHost;
  readonly at: SocketPlace;
  readonly mode: ServerMode;
  readonly events: EventSink;
}

/** Closing it ends the conversations. */
export async function listenP2P(options: P2PListenerOptions): Promise<SocketDoor> {
  let count = 0;
  return await SocketDoor.open(options.at, async (socket, signal) => {
    await converse(socket, { ...options, signal, requestId: `p2p-${++count}` });
  });
}

interface Connection extends P2PListenerOptions {
  readonly signal: AbortSignal;
  readonly requestId: string;
}

async function converse(
  socket: Socket,
  { host, mode, events, signal: closing, requestId }: Connection,
): Promise<void> {
  const { git, remote } = host.annex;
  // Whoever does not show a token in time has nothing to do here.
  const { limits } = host;
  const greeting = setTimeout(() => socket.destroy(), Math.min(greetingLimitMs, limits.patienceMs));
  const ended = new AbortController();
  let changes: AsyncGenerator<'watching' | readonly string[]> | undefined;
  await serveP2P(new Wire(streamChannel(socket, socket), { clock: systemClock, limits }), {
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
    requestId,
    signal: closing,
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

const greetingLimitMs = 30_000;
