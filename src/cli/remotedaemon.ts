/**
 * `annexus remotedaemon`: serves this repository, and all that it is a gateway for, to peers that come by a P2P address, as
 * git-annex's command of that name does. Stays in the foreground.
 *
 * Without options it serves the addresses that `git annex p2p --enable NETNAME` made: for each it runs
 * `git-annex-p2p-NETNAME ADDRESS SOCKET`, which leads the network's connections to the socket.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { AnnexError } from '../types/annex-error.ts';
import { readOwnAddresses } from '../node/annex/p2p-auth.ts';
import { parseP2PAddress, type P2PAddress } from '../node/transport/p2p-address.ts';
import { byteStringToText } from '../util/byte-string.ts';
import { systemClock, systemRng } from '../node/clock.ts';
import type { SocketDoor, SocketPlace } from '../node/channel/socket-door.ts';
import { GatewayHost } from '../node/gateway/gateway-host.ts';
import { listenP2P } from '../node/gateway/p2p-listener.ts';
import { SharedFiles } from '../node/repository/shared-files.ts';
import { eventLines } from './event-lines.ts';
import type { Terminal } from './terminal.ts';
import { testLimits } from './test-limits.ts';
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
    limits: testLimits(terminal.env),
    events,
    peerLookMs,
  });
  // From before anyone can know that it listens.
  const signalled = untilSignal();
  const listeners: SocketDoor[] = [];
  const helpers: Helper[] = [];
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
      const files = new SharedFiles(host.annex.git);
      const directory = files.annexDir;
      for (const [index, address] of (await networkAddresses(directory, terminal)).entries()) {
        await files.makeDirectory(join(directory, 'annexus'));
        const path = join(directory, 'annexus', `p2p-${index}.sock`);
        await listen({ path });
        helpers.push(new Helper(address, path, terminal));
      }
    }
    await signalled;
    return 0;
  } finally {
    for (const helper of helpers) helper.stop();
    await Promise.all(listeners.map((listener) => listener.close()));
    await host.close();
  }
}

type NetworkAddress = Extract<P2PAddress, { readonly type: 'network' }>;

async function networkAddresses(directory: string, terminal: Terminal): Promise<readonly NetworkAddress[]> {
  const found: NetworkAddress[] = [];
  for (const line of await readOwnAddresses(directory)) {
    const address = parseP2PAddress(line);
    if (address?.type === 'network') found.push(address);
    else terminal.err(`annexus: ${byteStringToText(line)} is not served: only p2p-annex:: addresses are\n`);
  }
  if (found.length > 0) return found;
  throw new AnnexError(
    'config',
    'no P2P network is enabled here: run git annex p2p --enable NETNAME, or give --socket or --port',
  );
}

/** Leads a network's connections to a socket: its program, started again a while after it failed. */
class Helper {
  readonly #program: string;
  readonly #words: readonly string[];
  readonly #terminal: Terminal;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ network, address }: NetworkAddress, path: string, terminal: Terminal) {
    this.#program = `git-annex-p2p-${network}`;
    this.#words = [address, path];
    this.#terminal = terminal;
    this.#start();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#child?.removeAllListeners('exit').kill('SIGTERM');
  }

  #start(): void {
    const child = spawn(this.#program, this.#words, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#child = child;
    child.on('error', (error) => this.#failed(`cannot be run: ${error.message}`));
    // One that ended well has done its part, which some networks do once and for all.
    child.on('exit', (code, signal) => {
      if (code !== 0) this.#failed(`ended with ${code ?? signal}`);
    });
  }

  #failed(how: string): void {
    this.#terminal.err(`annexus: ${this.#program} ${how}, it is started again in ${restartMs / 1000} s\n`);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#start(), restartMs);
  }
}

const peerLookMs = 5000;
const restartMs = 10_000;
