/**
 * `annexus remotedaemon`: serves this repository, and all that it is a gateway for, to peers that come by a P2P address, as
 * git-annex's command of that name does. Stays in the foreground.
 *
 * Without options it serves the addresses that `git annex p2p --enable NETNAME` made: for each it runs
 * `git-annex-p2p-NETNAME ADDRESS SOCKET`, which leads the network's connections to the socket.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AnnexError } from '../types/annex-error.ts';
import { readOwnAddresses } from '../node/annex/p2p-auth.ts';
import { systemClock, systemRng } from '../node/clock.ts';
import type { SocketDoor, SocketPlace } from '../node/channel/socket-door.ts';
import { GatewayHost } from '../node/gateway/gateway-host.ts';
import { listenP2P } from '../node/gateway/p2p-listener.ts';
import { eventLines } from './event-lines.ts';
import type { Terminal } from './terminal.ts';
import { untilSignal } from './until-signal.ts';

export interface RemoteDaemonOptions {
  readonly socket?: string | undefined;
  readonly port?: number | undefined;
  readonly debug?: boolean | undefined;
}

export async function remoteDaemon(options: RemoteDaemonOptions, terminal: Terminal): Promise<number> {
  const events = eventLines(terminal, { debug: options.debug === true, clock: systemClock });
  const host = await GatewayHost.open(terminal.cwd, {
    clock: systemClock,
    rng: systemRng,
    events,
    peerLookMs,
  });
  const listeners: SocketDoor[] = [];
  const helpers: ChildProcess[] = [];
  try {
    const listen = async (at: SocketPlace): Promise<SocketDoor> => {
      const listener = await listenP2P({ host, at, mode: 'readwrite', events });
      listeners.push(listener);
      terminal.err(`listening on ${listener.address}\n`);
      return listener;
    };
    if (options.socket !== undefined) await listen({ path: options.socket });
    if (options.port !== undefined) await listen({ port: options.port });
    if (listeners.length === 0) {
      const directory = join(host.annex.git.gitDir, 'annex');
      for (const [index, { network, address }] of (await p2pAddresses(directory, terminal)).entries()) {
        await mkdir(join(directory, 'annexus'), { recursive: true });
        const { address: path } = await listen({ path: join(directory, 'annexus', `p2p-${index}.sock`) });
        helpers.push(runHelper(network, [address, path], terminal));
      }
    }
    await untilSignal();
    return 0;
  } finally {
    for (const helper of helpers) helper.kill('SIGTERM');
    await Promise.all(listeners.map((listener) => listener.close()));
    await host.close();
  }
}

interface P2PAddress {
  readonly network: string;
  readonly address: string;
}

async function p2pAddresses(directory: string, terminal: Terminal): Promise<readonly P2PAddress[]> {
  const found: P2PAddress[] = [];
  for (const line of await readOwnAddresses(directory)) {
    const match = /^p2p-annex::([A-Za-z0-9_-]+)[:+](.+)$/.exec(line);
    if (match === null) terminal.err(`annexus: ${line} is not served: only p2p-annex:: addresses are\n`);
    else found.push({ network: match[1] ?? '', address: match[2] ?? '' });
  }
  if (found.length > 0) return found;
  throw new AnnexError(
    'config',
    'no P2P network is enabled here: run git annex p2p --enable NETNAME, or give --socket or --port',
  );
}

function runHelper(network: string, words: readonly string[], terminal: Terminal): ChildProcess {
  const program = `git-annex-p2p-${network}`;
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  child.on('error', (error) => terminal.err(`annexus: ${program} cannot be run: ${error.message}\n`));
  child.on('exit', (code) => {
    if (code !== 0 && code !== null) terminal.err(`annexus: ${program} ended with ${code}\n`);
  });
  return child;
}

const peerLookMs = 5000;
