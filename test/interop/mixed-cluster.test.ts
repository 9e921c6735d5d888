// A cluster whose nodes are reached in every way there is: a path, ssh to real git-annex-shell, annex+http to real p2phttp
// and to Annexus, a P2P address of real remotedaemon. One upload reaches all, each gives its copy, and where one dies the
// client notices nothing but the count.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { annexusProgram, releases, runIn, startIn, withTempDir, type Release } from '../support/git-annex.ts';
import {
  addressWithToken,
  makeP2PNetwork,
  pathTo,
  untilServed,
  type P2PNetwork,
} from '../support/p2p-network.ts';
import { annexShellOf, startSshServer, type SshServer } from '../support/ssh-server.ts';
import { initRepository, type Repository } from './scenario/cluster.ts';
import { startServer, type Server } from './scenario/server.ts';
import { latestRelease } from './scenario/world.ts';

const client = '11111111-2222-4333-8444-555555555555';
const nodeNames = ['local', 'ssh', 'stock', 'annexus', 'peer'] as const;
type NodeName = (typeof nodeNames)[number];

interface Mixed {
  readonly gateway: Repository;
  readonly nodes: Readonly<Record<NodeName, Repository>>;
  readonly clusterUUID: string;
  readonly server: Server;
  /** Makes the node unreachable, at once. */
  readonly kill: Readonly<Record<NodeName, () => Promise<void>>>;
}

async function withMixedCluster(release: Release, scenario: (mixed: Mixed) => Promise<void>): Promise<void> {
  await withTempDir(async (dir) => {
    const make = async (name: string): Promise<Repository> =>
      await initRepository({ release, dir: join(dir, name), bare: true, name });
    const gateway = await make('gw');
    const nodes = Object.fromEntries(
      await Promise.all(nodeNames.map(async (name) => [name, await make(name)] as const)),
    ) as Record<NodeName, Repository>;
    await mkdir(join(dir, 'sshd'));
    await using sshd = await startSshServer(join(dir, 'sshd'));
    await using stock = await startServer({
      kind: 'git-annex',
      release: latestRelease(),
      repositoryDir: nodes.stock.dir,
    });
    await using annexus = await startServer({ kind: 'annexus', release, repositoryDir: nodes.annexus.dir });
    const network = await makeP2PNetwork({ dir, name: 'sockets', address: 'peer' });
    await using daemon = await servePeer(nodes.peer, network);
    await configure(gateway, nodes, { release, sshd, stock, annexus, network });
    const env = { PATH: pathTo(network, release), GIT_ANNEX_P2P_AUTHTOKEN: daemon.token };
    // Found out by updatecluster, and once more by the gateway while it runs.
    expect((await gateway.git(['config', 'remote.ssh.annex-uuid'])).stdout.trim()).toBe(nodes.ssh.uuid);
    await gateway.git(['config', '--unset', 'remote.ssh.annex-uuid']);
    await using server = await startServer({ kind: 'annexus', release, repositoryDir: gateway.dir, env });
    const clusterUUID = (await gateway.git(['config', 'annex.cluster.mixed'])).stdout.trim();
    const mixed: Mixed = {
      gateway,
      nodes,
      clusterUUID,
      server,
      kill: {
        local: async () => void (await runIn(dir, ['mv', 'local', 'local.away'])),
        ssh: async () => await sshd.kill(),
        stock: async () => await stock.kill(),
        annexus: async () => await annexus.kill(),
        peer: async () => await daemon.kill(),
      },
    };
    await untilAllReached(mixed);
    await scenario(mixed);
  });
}

/** Everything is open then. */
async function untilAllReached(mixed: Mixed): Promise<void> {
  const giveUpMs = performance.now() + 20_000;
  for (;;) {
    const reached = await put(mixed, sample(1000));
    if (reached.length === nodeNames.length) return;
    if (performance.now() > giveUpMs)
      throw new Error(`only ${reached.join()} were reached:\n${mixed.server.stderr()}`);
  }
}

interface Peer extends AsyncDisposable {
  readonly token: string;
  readonly kill: () => Promise<void>;
}

/** Always by the latest release: the stable one knows no networks but tor. */
async function servePeer({ dir }: Repository, network: P2PNetwork): Promise<Peer> {
  const release = latestRelease();
  const token = (await addressWithToken(dir, network, release)).split(':').at(-1) ?? '';
  const daemon = startIn(dir, ['git-annex', 'remotedaemon', '--foreground'], {
    release,
    env: { PATH: pathTo(network, release) },
  });
  await untilServed(network, daemon);
  return {
    token,
    kill: async () => {
      process.kill(-(daemon.child.pid ?? 0), 'SIGKILL');
      await daemon.ended;
    },
    [Symbol.asyncDispose]: async () => await daemon[Symbol.asyncDispose](),
  };
}

interface Servers {
  readonly release: Release;
  readonly sshd: SshServer;
  readonly stock: Server;
  readonly annexus: Server;
  readonly network: P2PNetwork;
}

async function configure(
  gateway: Repository,
  nodes: Readonly<Record<NodeName, Repository>>,
  { release, sshd, stock, annexus, network }: Servers,
): Promise<void> {
  const urls: Readonly<Record<NodeName, string>> = {
    local: '../local',
    ssh: `ssh://${sshd.destination}:${sshd.port}${nodes.ssh.dir}`,
    stock: nodes.stock.dir,
    annexus: nodes.annexus.dir,
    peer: network.url,
  };
  for (const name of nodeNames) {
    await gateway.git(['remote', 'add', name, urls[name]]);
    // It is asked for its UUID.
    if (name !== 'ssh') await gateway.git(['config', `remote.${name}.annex-uuid`, nodes[name].uuid]);
    await gateway.git(['config', `remote.${name}.annex-cluster-node`, 'mixed']);
  }
  await gateway.git(['config', 'remote.ssh.annex-ssh-options', sshd.options.join(' ')]);
  await gateway.git(['config', 'remote.ssh.annex-shell', annexShellOf(release)]);
  await gateway.git(['config', 'remote.stock.annexUrl', stock.annexUrl]);
  await gateway.git(['config', 'remote.annexus.annexUrl', annexus.annexUrl]);
  for (const command of [['initcluster', 'mixed'], ['updatecluster']])
    await runIn(gateway.dir, [process.execPath, annexusProgram, ...command], { release });
}

interface Sample {
  readonly key: string;
  readonly content: Buffer;
}

function sample(sizeBytes: number): Sample {
  const content = randomBytes(sizeBytes);
  return { key: `SHA256-s${sizeBytes}--${createHash('sha256').update(content).digest('hex')}`, content };
}

function urlOf({ server, clusterUUID }: Mixed, request: string, key: string): string {
  return `${server.url}${clusterUUID}/v4/${request}?key=${key}&clientuuid=${client}`;
}

/** The nodes that it is said to have reached, by name. */
async function put(
  mixed: Mixed,
  { key, content }: Sample,
  beforeLast?: () => Promise<void>,
): Promise<readonly string[]> {
  async function* slowly(): AsyncGenerator<Uint8Array> {
    const half = content.length >> 1;
    yield content.subarray(0, half);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await beforeLast?.();
    yield content.subarray(half);
  }
  const sent: RequestInit & { readonly duplex: 'half' } = {
    method: 'POST',
    headers: { 'X-git-annex-data-length': `${content.length}` },
    body: beforeLast === undefined ? content : slowly(),
    duplex: 'half',
  };
  const answer = await fetch(urlOf(mixed, 'put', key), sent);
  const text = await answer.text();
  expect({ status: answer.status, text }).toMatchObject({ status: 200 });
  const { stored, plusuuids } = JSON.parse(text) as {
    readonly stored: boolean;
    readonly plusuuids: string[];
  };
  expect({ stored, text }).toMatchObject({ stored: true });
  return nodeNames.filter((name) => plusuuids.includes(mixed.nodes[name].uuid));
}

async function get({ server, clusterUUID }: Mixed, key: string): Promise<Buffer> {
  const answer = await fetch(`${server.url}${clusterUUID}/v4/key/${key}?clientuuid=${client}`);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}

/** Reads a little, waits for `meanwhile`, and reads the rest. */
async function getSlowly(
  { server, clusterUUID }: Mixed,
  key: string,
  meanwhile: () => Promise<void>,
): Promise<Buffer> {
  const answer = await fetch(`${server.url}${clusterUUID}/v4/key/${key}?clientuuid=${client}`);
  expect(answer.status).toBe(200);
  const parts: Uint8Array[] = [];
  for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
    if (parts.length === 0) await meanwhile();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function remove(mixed: Mixed, key: string): Promise<unknown> {
  return await (await fetch(urlOf(mixed, 'remove', key), { method: 'POST' })).json();
}

/** Who has the key, looked at in each node by real git-annex. */
async function holders({ nodes }: Mixed, key: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of nodeNames) {
    const ran = await nodes[name].annex(['fsck', '--key', key], { allow: [0, 1] });
    if (ran.exitCode === 0 && !ran.stdout.includes('No known copies')) {
      const located = await nodes[name].annex(['whereis', '--key', key], { allow: [0, 1] });
      if (located.stdout.includes('[here]')) found.push(name);
    }
  }
  return found;
}

describe.each(releases())('nodes reached in every way, of the $name release', (release) => {
  test('one upload reaches all, each gives it back, and a removal takes it from all', async () => {
    await withMixedCluster(release, async (mixed) => {
      const large = sample(3_000_000);
      expect(await put(mixed, large)).toEqual(nodeNames);
      expect(await holders(mixed, large.key)).toEqual(nodeNames);
      expect((await get(mixed, large.key)).equals(large.content)).toBe(true);
      for (const name of nodeNames) {
        const url = `${mixed.server.url}${mixed.nodes[name].uuid}/v4/key/${large.key}?clientuuid=${client}`;
        expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(large.content)).toBe(true);
      }
      expect(await remove(mixed, large.key)).toMatchObject({ removed: true });
      expect(await holders(mixed, large.key)).toEqual([]);
    });
  }, 90_000);
});

// What a node's death looks like depends on how it is reached, and not on the release.
describe('a node that dies', () => {
  const release = latestRelease();
  /** Each node dies in one way, and the next one in the other. */
  const pairs = nodeNames.map((name, index) => [name, nodeNames[(index + 1) % nodeNames.length]!] as const);

  test.each(pairs)(
    '%s dies during an upload, %s while it gives a download: the others go on',
    async (first, second) => {
      await withMixedCluster(release, async (mixed) => {
        const uploaded = sample(8_000_000);
        const others = nodeNames.filter((name) => name !== first);
        expect(await put(mixed, uploaded, mixed.kill[first])).toEqual(expect.arrayContaining(others));
        for (let round = 0; round < 3; round++)
          expect((await get(mixed, uploaded.key)).equals(uploaded.content)).toBe(true);
        expect(await remove(mixed, uploaded.key)).toMatchObject({ removed: false });

        const downloaded = sample(40_000_000);
        await mixed.gateway.git(['config', `remote.${second}.annex-cost`, '10']);
        expect(await put(mixed, downloaded)).toEqual(others);
        const received = await getSlowly(mixed, downloaded.key, mixed.kill[second]);
        expect(received.equals(downloaded.content)).toBe(true);
        // And none of it is asked for first when the next one comes.
        expect((await get(mixed, downloaded.key)).equals(downloaded.content)).toBe(true);
      });
    },
    90_000,
  );
});
