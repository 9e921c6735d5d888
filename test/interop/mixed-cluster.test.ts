// A cluster whose nodes are reached in every way there is: a path, ssh to real git-annex-shell, annex+http to real p2phttp
// and to Annexus. One upload reaches all, each gives its copy, and where one dies the client notices nothing but the count.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { releases, runIn, withTempDir, type Release } from '../support/git-annex.ts';
import { annexShellOf, startSshServer, type SshServer } from '../support/ssh-server.ts';
import { initRepository, type Repository } from './scenario/cluster.ts';
import { makeFarCluster, type NodeLink } from './scenario/far-nodes.ts';
import { startServer, type Server } from './scenario/server.ts';
import { latestRelease } from './scenario/world.ts';

const client = '11111111-2222-4333-8444-555555555555';
const nodeNames = ['local', 'ssh', 'stock', 'annexus'] as const;
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
    const clusterUUID = await configure(gateway, nodes, { release, sshd, stock, annexus });
    await using server = await startServer({ kind: 'annexus', release, repositoryDir: gateway.dir });
    await scenario({
      gateway,
      nodes,
      clusterUUID,
      server,
      kill: {
        local: async () => void (await runIn(dir, ['mv', 'local', 'local.away'])),
        ssh: async () => await sshd.kill(),
        stock: async () => await stock.kill(),
        annexus: async () => await annexus.kill(),
      },
    });
  });
}

interface Servers {
  readonly release: Release;
  readonly sshd: SshServer;
  readonly stock: Server;
  readonly annexus: Server;
}

async function configure(
  gateway: Repository,
  nodes: Readonly<Record<NodeName, Repository>>,
  { release, sshd, stock, annexus }: Servers,
): Promise<string> {
  const links: Readonly<Record<NodeName, NodeLink>> = {
    local: { repository: nodes.local, url: '../local' },
    ssh: {
      repository: nodes.ssh,
      url: `ssh://${sshd.destination}:${sshd.port}${nodes.ssh.dir}`,
      settings: { 'annex-ssh-options': sshd.options.join(' '), 'annex-shell': annexShellOf(release) },
    },
    stock: { repository: nodes.stock, url: nodes.stock.dir, settings: { annexUrl: stock.annexUrl } },
    annexus: { repository: nodes.annexus, url: nodes.annexus.dir, settings: { annexUrl: annexus.annexUrl } },
  };
  return await makeFarCluster(gateway, links, { name: 'mixed', release });
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

  test.each(nodeNames)(
    '%s dies during an upload: the others have it, and give it back',
    async (dying) => {
      await withMixedCluster(release, async (mixed) => {
        const large = sample(8_000_000);
        // Everything is open before it dies.
        expect(await put(mixed, sample(1000))).toEqual(nodeNames);
        const reached = await put(mixed, large, mixed.kill[dying]);
        const others = nodeNames.filter((name) => name !== dying);
        expect(reached).toEqual(expect.arrayContaining(others));
        for (let round = 0; round < 3; round++)
          expect((await get(mixed, large.key)).equals(large.content)).toBe(true);
        expect(await remove(mixed, large.key)).toMatchObject({ removed: false });
      });
    },
    90_000,
  );

  test.each(nodeNames)(
    '%s dies while it gives a download: another goes on',
    async (dying) => {
      await withMixedCluster(release, async (mixed) => {
        const large = sample(60_000_000);
        await mixed.gateway.git(['config', `remote.${dying}.annex-cost`, '10']);
        expect(await put(mixed, large)).toEqual(nodeNames);
        const received = await getSlowly(mixed, large.key, mixed.kill[dying]);
        expect(received.equals(large.content)).toBe(true);
        // And none of it is asked for first when the next one comes.
        expect((await get(mixed, large.key)).equals(large.content)).toBe(true);
      });
    },
    90_000,
  );
});
