// Gateways of one cluster, each with nodes of its own: uploads, downloads and removals through either reach the nodes behind
// both, no node is told twice, and each knows within seconds. Both are ours over annex+http, or one
// at a P2P address; or one is real git-annex, with real ssh both ways.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { annexusProgram, releases, runIn, startIn, withTempDir, type Release } from '../support/git-annex.ts';
import { freePort } from '../support/free-port.ts';
import { addressWithToken, makeP2PNetwork, pathTo, untilServed } from '../support/p2p-network.ts';
import { annexShellOf, startSshServer } from '../support/ssh-server.ts';
import { initRepository, type Repository } from './scenario/cluster.ts';
import { startServer, type Server } from './scenario/server.ts';
import { latestRelease } from './scenario/world.ts';

interface Side {
  readonly gateway: Repository;
  readonly nodes: readonly Repository[];
}

/** Two gateways, `left` and `right`, with two nodes each; left has the cluster "c". */
async function makeSides(dir: string, release: Release): Promise<readonly [Side, Side]> {
  const sides: Side[] = [];
  for (const name of ['left', 'right']) {
    await mkdir(join(dir, name));
    const make = async (own: string): Promise<Repository> => {
      const repository = await initRepository({ release, dir: join(dir, name, own), bare: true, name: own });
      await repository.annex(['describe', 'here', `${name}-${own}`]);
      return repository;
    };
    const gateway = await make('gw');
    const nodes = [await make('n1'), await make('n2')];
    for (const node of nodes) {
      await gateway.git(['remote', 'add', node.name, `../${node.name}`]);
      await gateway.git(['config', `remote.${node.name}.annex-uuid`, node.uuid]);
      await gateway.git(['config', `remote.${node.name}.annex-cluster-node`, 'c']);
    }
    sides.push({ gateway, nodes });
  }
  const [left, right] = sides as [Side, Side];
  await annexus(left, release, ['initcluster', 'c']);
  await annexus(left, release, ['updatecluster']);
  return [left, right];
}

async function annexus({ gateway }: Side, release: Release, words: readonly string[]): Promise<void> {
  await runIn(gateway.dir, [process.execPath, annexusProgram, ...words], { release });
}

/** What one gateway's git configuration says of the other, beside its path. */
type Settings = Readonly<Record<string, string>>;

/** Makes each the other's gateway, as an administrator does it: by extendcluster on both. */
async function joinSides(
  [left, right]: readonly [Side, Side],
  release: Release,
  settings: { readonly ofLeft: Settings; readonly ofRight: Settings },
): Promise<void> {
  await connect(right, 'left', left, settings.ofLeft);
  await annexus(right, release, ['extendcluster', 'left', 'c']);
  await connect(left, 'right', right, settings.ofRight);
  await annexus(left, release, ['extendcluster', 'right', 'c']);
  // Each extended the cluster before the other's nodes were in its branch: what the other proxies for is fetched again.
  await right.gateway.git(['fetch', '-q', left.gateway.dir, '+git-annex:refs/remotes/left/git-annex']);
  await annexus(right, release, ['updatecluster']);
  await left.gateway.git(['fetch', '-q', right.gateway.dir, '+git-annex:refs/remotes/right/git-annex']);
  await annexus(left, release, ['updatecluster']);
}

async function connect({ gateway }: Side, name: string, other: Side, settings: Settings): Promise<void> {
  await gateway.git(['remote', 'add', name, other.gateway.dir]);
  await gateway.git(['config', `remote.${name}.annex-uuid`, other.gateway.uuid]);
  for (const [key, value] of Object.entries(settings))
    await gateway.git(['config', `remote.${name}.${key}`, value]);
  await gateway.git(['fetch', '-q', other.gateway.dir, `+git-annex:refs/remotes/${name}/git-annex`]);
}

interface Through {
  put(key: string, content: Buffer): Promise<readonly string[]>;
  get(key: string): Promise<Buffer>;
  remove(key: string): Promise<boolean>;
}

function throughHTTP(server: Server, clusterUUID: string): Through {
  const url = (request: string, key: string): string =>
    `${server.url}${clusterUUID}/v4/${request}?key=${key}&clientuuid=11111111-2222-4333-8444-555555555555`;
  return {
    async put(key, content) {
      const headers = { 'X-git-annex-data-length': `${content.length}` };
      const answer = await fetch(url('put', key), { method: 'POST', headers, body: content });
      const { stored, plusuuids } = (await answer.json()) as { stored: boolean; plusuuids: string[] };
      expect(stored).toBe(true);
      return plusuuids;
    },
    async get(key) {
      const answer = await fetch(url(`key/${key}`, key));
      expect(answer.status).toBe(200);
      return Buffer.from(await answer.arrayBuffer());
    },
    async remove(key) {
      const answer = await fetch(url('remove', key), { method: 'POST' });
      return ((await answer.json()) as { removed: boolean }).removed;
    },
  };
}

function sample(): { readonly key: string; readonly content: Buffer } {
  const content = randomBytes(200_000);
  return { key: `SHA256-s200000--${createHash('sha256').update(content).digest('hex')}`, content };
}

/** Asked of the node itself, by real git-annex. */
async function holds(node: Repository, key: string): Promise<boolean> {
  return (await node.annex(['whereis', '--key', key], { allow: [0, 1] })).stdout.includes('[here]');
}

async function known({ gateway }: Side, key: string): Promise<readonly string[]> {
  const ran = await gateway.annex(['whereis', '--json', '--key', key], { allow: [0, 1] });
  return (JSON.parse(ran.stdout) as { whereis: { uuid: string }[] }).whereis.map(({ uuid }) => uuid);
}

async function untilAllKnow(sides: readonly Side[], key: string, uuids: readonly string[]): Promise<void> {
  const giveUpMs = performance.now() + 20_000;
  for (;;) {
    const all = await Promise.all(sides.map(async (side) => await known(side, key)));
    if (all.every((found) => uuids.every((uuid) => found.includes(uuid)))) return;
    if (performance.now() > giveUpMs) throw new Error(`known are ${JSON.stringify(all)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Everything that is asked of a cluster, through one gateway and the other by turns. */
async function exercise(sides: readonly [Side, Side], through: readonly Through[]): Promise<number> {
  const nodes = sides.flatMap((side) => side.nodes);
  const uuids = nodes.map(({ uuid }) => uuid);
  for (const [at, door] of through.entries()) {
    const { key, content } = sample();
    const reached = await door.put(key, content);
    expect(reached.filter((uuid) => uuids.includes(uuid)).sort()).toEqual([...uuids].sort());
    expect(new Set(reached).size).toBe(reached.length);
    for (const node of nodes) expect(await holds(node, key)).toBe(true);
    await untilAllKnow(sides, key, uuids);
    for (const other of through) expect((await other.get(key)).equals(content)).toBe(true);
    expect(await (through[1 - at] ?? door).remove(key)).toBe(true);
    for (const node of nodes) expect(await holds(node, key)).toBe(false);
  }
  return through.length;
}

describe.each(releases())('gateways with repositories of the $name release', (release) => {
  test('both ours, over annex+http', async () => {
    await withTempDir(async (dir) => {
      const sides = await makeSides(dir, release);
      const ports = [await freePort(), await freePort()] as const;
      const annexUrl = (port: number): Settings => ({
        annexUrl: `annex+http://127.0.0.1:${port}/git-annex/`,
      });
      await joinSides(sides, release, { ofLeft: annexUrl(ports[0]), ofRight: annexUrl(ports[1]) });
      const clusterUUID = (await sides[0].gateway.git(['config', 'annex.cluster.c'])).stdout.trim();
      const serve = async (side: Side, port: number): Promise<Server> =>
        await startServer({ kind: 'annexus', release, repositoryDir: side.gateway.dir, port });
      await using left = await serve(sides[0], ports[0]);
      await using right = await serve(sides[1], ports[1]);
      expect(await exercise(sides, [throughHTTP(left, clusterUUID), throughHTTP(right, clusterUUID)])).toBe(
        2,
      );
    });
  }, 120_000);
});

describe('a gateway at a P2P address', () => {
  const release = latestRelease();

  test('gives access to its nodes, and to the cluster', async () => {
    await withTempDir(async (dir) => {
      const sides = await makeSides(dir, release);
      const network = await makeP2PNetwork({ dir, name: 'sockets', address: 'right' });
      // For git's own traffic.
      await symlink(join(release.binDir, 'git-annex'), join(network.bin, 'git-remote-p2p-annex'));
      const address = await addressWithToken(sides[1].gateway.dir, network, release);
      const env = {
        PATH: pathTo(network, release),
        GIT_ANNEX_P2P_AUTHTOKEN: address.split(':').at(-1) ?? '',
      };
      const port = await freePort();
      await joinSides(sides, release, {
        ofLeft: { annexUrl: `annex+http://127.0.0.1:${port}/git-annex/` },
        ofRight: { url: network.url },
      });
      const clusterUUID = (await sides[0].gateway.git(['config', 'annex.cluster.c'])).stdout.trim();
      const daemonArgv = [process.execPath, annexusProgram, 'remotedaemon'];
      await using daemon = startIn(sides[1].gateway.dir, daemonArgv, { release, env });
      await untilServed(network, daemon);
      const serve = async (side: Side, at: number): Promise<Server> =>
        await startServer({ kind: 'annexus', release, repositoryDir: side.gateway.dir, port: at, env });
      await using left = await serve(sides[0], port);
      await using right = await serve(sides[1], await freePort());
      expect(await exercise(sides, [throughHTTP(left, clusterUUID), throughHTTP(right, clusterUUID)])).toBe(
        2,
      );
    });
  }, 120_000);
});

describe('a gateway of real git-annex and one of ours', () => {
  const release = latestRelease();

  test('over real ssh both ways', async () => {
    await withTempDir(async (dir) => {
      const sides = await makeSides(dir, release);
      await mkdir(join(dir, 'sshd'));
      await using sshd = await startSshServer(join(dir, 'sshd'));
      const real = annexShellOf(release);
      const ours = real.replace(/git-annex-shell$/, `'${process.execPath}' '${annexusProgram}' shell`);
      const over = ({ gateway }: Side, annexShell: string): Settings => ({
        url: `ssh://${sshd.destination}:${sshd.port}${gateway.dir}`,
        'annex-ssh-options': sshd.options.join(' '),
        'annex-shell': annexShell,
      });
      await joinSides(sides, release, { ofLeft: over(sides[0], real), ofRight: over(sides[1], ours) });
      const clusterUUID = (await sides[0].gateway.git(['config', 'annex.cluster.c'])).stdout.trim();
      await using left = await startServer({
        kind: 'git-annex',
        release: latestRelease(),
        repositoryDir: sides[0].gateway.dir,
      });
      await using right = await startServer({
        kind: 'annexus',
        release,
        repositoryDir: sides[1].gateway.dir,
        env: { GIT_SSH_COMMAND: `ssh ${sshd.options.join(' ')}` },
      });
      expect(await exercise(sides, [throughHTTP(left, clusterUUID), throughHTTP(right, clusterUUID)])).toBe(
        2,
      );
    });
  }, 120_000);
});
