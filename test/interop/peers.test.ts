// Two gateways of one cluster tell each other where things are: both ours, or the other one real git-annex. Each is looked
// at by real git-annex, which has to see what the other one did without anybody's help.
import { mkdir } from 'node:fs/promises';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { releases, withTempDir, type Release } from '../support/git-annex.ts';
import { makeCluster, type Cluster, type Repository } from './scenario/cluster.ts';
import { startServer, type Server } from './scenario/server.ts';

interface Side {
  readonly cluster: Cluster;
  readonly gateway: Repository;
}

/** Two gateways with nodes of their own, each a remote of the other by its path. */
async function makeGateways(dir: string, release: Release): Promise<readonly [Side, Side]> {
  const sides: Side[] = [];
  for (const name of ['left', 'right']) {
    const place = join(dir, name);
    await mkdir(place);
    const cluster = await makeCluster({ release, dir: place, bare: true });
    sides.push({ cluster, gateway: cluster.gateway });
  }
  const [left, right] = sides as [Side, Side];
  await link(left, 'right', right);
  await link(right, 'left', left);
  return [left, right];
}

async function link({ gateway, cluster }: Side, name: string, other: Side): Promise<void> {
  await gateway.git(['remote', 'add', name, other.gateway.dir]);
  await gateway.git(['config', `remote.${name}.annex-uuid`, other.gateway.uuid]);
  await gateway.git(['config', `remote.${name}.annex-cluster-gateway`, cluster.uuid]);
}

async function store(server: Server, uuid: string): Promise<string> {
  const content = randomBytes(1000);
  const key = `SHA256-s1000--${createHash('sha256').update(content).digest('hex')}`;
  const query = `key=${key}&clientuuid=11111111-2222-4333-8444-555555555555`;
  const answer = await fetch(`${server.url}${uuid}/v4/put?${query}`, {
    method: 'POST',
    headers: { 'X-git-annex-data-length': '1000' },
    body: content,
  });
  expect(await answer.json()).toMatchObject({ stored: true });
  return key;
}

/** What real git-annex sees there, without fetching anything. */
async function locations({ gateway }: Side, key: string): Promise<readonly string[]> {
  const ran = await gateway.annex(['whereis', '--json', '--key', key], { allow: [0, 1] });
  const { whereis } = JSON.parse(ran.stdout) as { readonly whereis: readonly { readonly uuid: string }[] };
  return whereis.map(({ uuid }) => uuid);
}

async function until(isSo: () => Promise<boolean>, limitMs: number): Promise<void> {
  const giveUpMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > giveUpMs) throw new Error(`still not so after ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Resolves when the side knows all nodes of the other to have the key. */
async function untilKnown(side: Side, other: Side, key: string, limitMs: number = 15_000): Promise<void> {
  await until(async () => {
    const known = await locations(side, key);
    return other.cluster.nodes.every(({ uuid }) => known.includes(uuid));
  }, limitMs);
}

describe.each(releases())('with repositories of the $name release', (release) => {
  test('two gateways know each other’s copies, also after one was out of reach', async () => {
    await withTempDir(async (dir) => {
      const [left, right] = await makeGateways(dir, release);
      const serve = async (side: Side): Promise<Server> =>
        await startServer({ kind: 'annexus', release, repositoryDir: side.gateway.dir });
      await using leftServer = await serve(left);
      await using rightServer = await serve(right);
      const [first, second] = await Promise.all([
        store(leftServer, left.cluster.uuid),
        store(rightServer, right.cluster.uuid),
      ]);
      await Promise.all([untilKnown(right, left, first), untilKnown(left, right, second)]);

      // The way between them is cut.
      await left.gateway.git(['config', 'remote.right.url', `${right.gateway.dir}.nowhere`]);
      await right.gateway.git(['config', 'remote.left.url', `${left.gateway.dir}.nowhere`]);
      const [third, fourth] = await Promise.all([
        store(leftServer, left.cluster.uuid),
        store(rightServer, right.cluster.uuid),
      ]);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      expect(await locations(right, third)).toEqual([]);
      await left.gateway.git(['config', 'remote.right.url', right.gateway.dir]);
      await right.gateway.git(['config', 'remote.left.url', left.gateway.dir]);
      await Promise.all([untilKnown(right, left, third, 25_000), untilKnown(left, right, fourth, 25_000)]);
      for (const { gateway } of [left, right]) await gateway.git(['fsck', '--no-dangling']);
    });
  }, 90_000);

  test('what a gateway of real git-annex logs is learnt, and it learns ours', async () => {
    await withTempDir(async (dir) => {
      const [left, right] = await makeGateways(dir, release);
      await using server = await startServer({ kind: 'annexus', release, repositoryDir: left.gateway.dir });
      const ours = await store(server, left.cluster.uuid);
      await untilKnown(right, left, ours);
      const theirs = 'SHA256-s3--2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
      for (const { uuid } of right.cluster.nodes)
        await right.gateway.annex(['setpresentkey', theirs, uuid, '1']);
      // That command leaves its change in the journal.
      await right.gateway.annex(['merge']);
      await untilKnown(left, right, theirs);
      expect(await locations(left, ours)).toHaveLength(left.cluster.nodes.length + 1);
    });
  }, 60_000);
});
