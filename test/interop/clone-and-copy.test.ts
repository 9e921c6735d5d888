// What a user does all day, by stock git-annex of both releases against a cluster whose gateway and nodes real
// git-annex made: copy, whereis, drop, get, move, single nodes, numcopies, fsck. Afterwards real git-annex looks at the
// gateway and the nodes and must have nothing to complain of.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { releases } from '../support/git-annex.ts';
import type { Repository } from './scenario/cluster.ts';
import { clusterComplaints, clusterDisagreements, locationsIn, objectsIn } from './scenario/examine.ts';
import { lockContent, unlockContent } from './scenario/http-client.ts';
import { addSamples, keyOf, lackingSamples, writeSample } from './scenario/samples.ts';
import { type World, withWorld } from './scenario/world.ts';

// Crosswise, so that each release is once the client's and once the repositories', those bare and not.
const combinations = releases().map((client, index, all) => {
  const maker = all[all.length - 1 - index] ?? client;
  return {
    label: `client ${client.name}, repositories of ${maker.name}`,
    client,
    maker,
    bare: client.name === 'latest',
  };
});

describe.each(combinations)('$label, bare: $bare', (options) => {
  test('copies everything to the cluster, drops it, gets it back and moves it away', async () => {
    await withWorld(options, async (world) => {
      const { client, cluster, dir } = world;
      const samples = await addSamples(client, dir);
      await client.annex(['copy', '--to', 'origin-mycluster', '.']);

      // The client learns the nodes from the answer to its upload, before any sync.
      const nodes = cluster.nodes.map(({ uuid }) => uuid);
      const logged = await locationsIn(client);
      expect(logged.size).toBe(samples.length);
      for (const [key, uuids] of logged)
        expect([key, ...uuids].sort()).toEqual([key, client.uuid, ...nodes].sort());
      const { stdout } = await client.annex(['whereis', 'plain.txt']);
      expect(stdout).toContain('[origin-mycluster]');
      expect(stdout).toContain('4 copies');
      for (const name of ['origin-node1', 'origin-node2', 'origin-node3']) expect(stdout).toContain(name);

      await client.annex(['copy', '--to', 'origin-mycluster', '.']);
      await client.annex(['drop', '.']);
      expect(await lackingSamples(client, samples)).toHaveLength(samples.length);
      // One download goes on in its midst, as after a cut connection.
      await leaveHalf(world, await keyOf(client, 'big.bin'));
      await client.annex(['get', '.']);
      expect(await lackingSamples(client, samples)).toEqual([]);
      await client.annex(['fsck', '--from', 'origin-mycluster', '.']);
      await client.annex(['fsck', '--from', 'origin-node2', '--fast', '.']);
      await syncAndInspect(world);

      await client.annex(['drop', '.']);
      await client.annex(['move', '--from', 'origin-mycluster', '.']);
      expect(await lackingSamples(client, samples)).toEqual([]);
      for (const node of cluster.nodes) expect([...(await objectsIn(node)).keys()]).toEqual([]);
      await syncAndInspect(world);
    });
  });

  test('copies, moves and drops on single nodes', async () => {
    await withWorld(options, async (world) => {
      const { client, cluster } = world;
      const [node1, node2] = [nodeOf(world, 0), nodeOf(world, 1)];
      const samples = [await writeSample(client, 'a', 30_000), await writeSample(client, 'b', 2_000_000)];
      await client.annex(['add', '.']);
      const key = await keyOf(client, 'a');

      await client.annex(['copy', '--to', 'origin-node1', '.']);
      expect(await whoHas(world, key)).toEqual(['node1']);
      expect((await locationsIn(cluster.gateway)).get(key)).toEqual(new Set([node1.uuid]));
      await client.annex(['move', '--to', 'origin-node2', 'a']);
      expect(await whoHas(world, key)).toEqual(['node1', 'node2']);
      await client.annex(['drop', '--from', 'origin-node1', 'a']);
      expect(await whoHas(world, key)).toEqual(['node2']);
      expect((await locationsIn(cluster.gateway)).get(key)).toEqual(new Set([node2.uuid]));
      // The last copy stays where it is.
      expect((await client.annex(['drop', '--from', 'origin-node2', 'a'], { allow: 'any' })).exitCode).toBe(
        1,
      );
      expect(
        (await client.annex(['drop', '--from', 'origin-mycluster', 'a'], { allow: 'any' })).exitCode,
      ).toBe(1);
      expect(await whoHas(world, key)).toEqual(['node2']);
      // A cluster has what one of its nodes has; the client then asks for no more.
      await client.annex(['get', '--from', 'origin-node2', 'a']);
      await client.annex(['copy', '--to', 'origin-mycluster', 'a']);
      expect(await whoHas(world, key)).toEqual(['node2']);
      await client.annex(['copy', '--to', 'origin-node3', 'a']);
      await client.annex(['move', '--from', 'origin-node2', 'a']);
      expect(await whoHas(world, key)).toEqual(['node3']);
      expect(await lackingSamples(client, samples)).toEqual([]);
      await syncAndInspect(world);
    });
  });

  test('drops only with as many locked copies as numcopies asks for', async () => {
    await withWorld(options, async (world) => {
      const { client } = world;
      await writeSample(client, 'file', 100_000);
      await client.annex(['add', '.']);
      const key = await keyOf(client, 'file');
      await client.annex(['copy', '--to', 'origin-mycluster', 'file']);
      const fails = async (...args: string[]): Promise<void> => {
        const { exitCode } = await client.annex(args, { allow: 'any' });
        expect([...args, exitCode]).toEqual([...args, 1]);
      };

      await client.annex(['numcopies', '4']);
      await fails('drop', 'file');
      await client.annex(['numcopies', '2']);
      // Other nodes of the cluster are no copies apart from it.
      await fails('drop', '--from', 'origin-mycluster', 'file');
      expect(await whoHas(world, key)).toEqual(['node1', 'node2', 'node3']);
      const { stdout } = await client.annex(['drop', 'file']);
      expect(new Set(stdout.match(/locking origin-node\d/g)).size).toBe(2);
      // Two other nodes are locked while the third one drops it.
      await client.annex(['drop', '--from', 'origin-node1', 'file']);
      expect(await whoHas(world, key)).toEqual(['node2', 'node3']);
      await fails('drop', '--from', 'origin-node2', 'file');
      await client.annex(['get', 'file']);
      await client.annex(['drop', '--from', 'origin-node2', 'file']);
      expect(await whoHas(world, key)).toEqual(['node3']);
      await client.annex(['numcopies', '1']);
      await client.annex(['drop', '--from', 'origin-mycluster', 'file']);
      expect(await whoHas(world, key)).toEqual([]);
      await syncAndInspect(world);
    });
  });

  test('content locked through the server is not dropped by anybody', async () => {
    await withWorld(options, async (world) => {
      const { client, server } = world;
      const node = nodeOf(world, 0);
      await writeSample(client, 'file', 50_000);
      await client.annex(['add', '.']);
      const key = await keyOf(client, 'file');
      await client.annex(['copy', '--to', 'origin-node1', 'file']);

      const target = { server, uuid: node.uuid, key };
      const lockid = await lockContent(target);
      if (lockid === undefined) throw new Error('the server did not lock');
      const here = await node.annex(['drop', '--force', `--key=${key}`], { allow: 'any' });
      const there = await client.annex(['drop', '--force', '--from', 'origin-node1', 'file'], {
        allow: 'any',
      });
      expect([here.exitCode, there.exitCode]).toEqual([1, 1]);
      expect(await whoHas(world, key)).toEqual(['node1']);
      await unlockContent(target, lockid);
      await client.annex(['drop', '--from', 'origin-node1', 'file']);
      expect(await whoHas(world, key)).toEqual([]);
      await syncAndInspect(world);
    });
  });
});

/** Which nodes have the object, by name. */
async function whoHas({ cluster }: World, key: string): Promise<string[]> {
  const names: string[] = [];
  for (const node of cluster.nodes) if ((await objectsIn(node)).has(key)) names.push(node.name);
  return names;
}

/** Puts the first half of a node's object where the client keeps what it has of a download. */
async function leaveHalf({ client, cluster }: World, key: string): Promise<void> {
  const source = (await objectsIn(cluster.nodes[0] ?? cluster.gateway)).get(key);
  if (source === undefined) throw new Error(`node1 lacks ${key}`);
  const half = join(client.dir, '.git/annex/tmp', key);
  await mkdir(dirname(half), { recursive: true });
  const content = await readFile(source);
  await writeFile(half, content.subarray(0, content.length / 2));
}

function nodeOf({ cluster }: World, index: number): Repository {
  const node = cluster.nodes[index];
  if (node === undefined) throw new Error(`there is no node ${index}`);
  return node;
}

// The user's sync brings the logs of both sides together; then the gateway's and the nodes' owners look after them.
async function syncAndInspect({ client, cluster }: World): Promise<void> {
  await client.annex(['sync', '--no-content', 'origin']);
  expect(await clusterDisagreements(cluster)).toEqual([]);
  expect(await clusterComplaints(cluster)).toEqual([]);
}
