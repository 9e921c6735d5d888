// A stand-in for a network that P2P addresses are of: the program `git-annex-p2p-NETWORK`, whose one address leads to a
// unix socket by a symbolic link. It does what git-annex's page design/generic_p2p_transport asks of such a program.
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { type Release, runIn, type Running } from './git-annex.ts';

export interface P2PNetwork {
  readonly name: string;
  readonly address: string;
  /** The URL that a remote there has. */
  readonly url: string;
  /** For PATH, where its program is. */
  readonly bin: string;
  /** Leads to the socket once somebody serves the address. */
  readonly link: string;
}

export interface P2PNetworkOptions {
  /** An existing directory, whose path is no longer than a socket's may be. */
  readonly dir: string;
  readonly name: string;
  readonly address: string;
}

export async function makeP2PNetwork({ dir, name, address }: P2PNetworkOptions): Promise<P2PNetwork> {
  const bin = join(dir, 'bin');
  const link = join(dir, 'socket-link');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, `git-annex-p2p-${name}`), program(address, link), { mode: 0o755 });
  return { name, address, url: `p2p-annex::${name}:${address}`, bin, link };
}

/** PATH with the network's program before what `release` has. */
export function pathTo({ bin }: P2PNetwork, release: Release): string {
  return [bin, release.binDir, process.env['PATH'] ?? ''].join(delimiter);
}

/** Allows peers to come by this network, and gives the address with a new token, as `p2p --link` wants it. */
export async function addressWithToken(dir: string, network: P2PNetwork, release: Release): Promise<string> {
  const env = { PATH: pathTo(network, release) };
  await runIn(dir, ['git-annex', 'p2p', '--enable', network.name], { release, env });
  const { stdout } = await runIn(dir, ['git-annex', 'p2p', '--gen-addresses'], { release, env });
  return stdout.trim().split('\n').at(-1) ?? '';
}

/** Resolves once `daemon` takes connections at the address. */
export async function untilServed({ link }: P2PNetwork, daemon: Running): Promise<void> {
  const giveUpMs = performance.now() + 20_000;
  while (!(await accepts(link))) {
    if (performance.now() > giveUpMs) throw new Error(`nobody listens at ${link}:\n${daemon.stderr()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function accepts(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
}

/** Called with `address`, with ADDRESS SOCKET to serve it, and with ADDRESS to connect. */
const program = (ownAddress: string, link: string): string => `#!${process.execPath}
const { connect } = require('node:net');
const { symlinkSync, rmSync } = require('node:fs');
const { resolve } = require('node:path');
const [address, socket] = process.argv.slice(2);
const own = ${JSON.stringify(ownAddress)}, link = ${JSON.stringify(link)};
if (address === 'address') console.log(own);
else if (address !== own) { console.error('nobody is at ' + address); process.exit(3); }
else if (socket !== undefined) {
  rmSync(link, { force: true });
  symlinkSync(resolve(socket), link);
  setInterval(() => {}, 1000);
} else {
  const peer = connect({ path: link, allowHalfOpen: true });
  process.stdin.pipe(peer).pipe(process.stdout);
  peer.on('error', (error) => { console.error(error.message); process.exit(1); });
  peer.on('close', () => process.exit(0));
}
`;
