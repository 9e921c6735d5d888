// Where a cluster puts what stock clients store: by groups and preferred content, by room, with nodes away; and what may
// not be removed from it. `npm run soak -- fill` has the same fill at full size, and leaves a page in doc/evidence/.
import { rename } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { releases, withTempDir } from '../support/git-annex.ts';
import { writeEvidence } from './scenario/evidence.ts';
import { objectsIn } from './scenario/examine.ts';
import { fillCluster } from './scenario/filled-cluster.ts';
import { interopSeed, randomFrom } from './scenario/random.ts';
import { keyOf, writeSample } from './scenario/samples.ts';
import { latestRelease, withWorld, type World } from './scenario/world.ts';

const soakMegabytes = process.env['ANNEXUS_SOAK_FILL_MB'];
/** All the room of the five nodes. */
const roomBytes = soakMegabytes === undefined ? 600_000 : Number(soakMegabytes) * 1_000_000;
const fileBytes = soakMegabytes === undefined ? 10_000 : 200_000;
const shares = [2, 3, 4, 1, 2];

describe.each(['balanced=nodes:1', 'sizebalanced=nodes:1'])('%s', (expression) => {
  test('four clients fill five nodes at once', { timeout: 3_600_000 }, async () => {
    await withTempDir(async (dir) => {
      const report = await fillCluster({
        release: latestRelease(),
        dir,
        expression,
        maxSizesBytes: shares.map((share) => Math.round((roomBytes * share) / 12)),
        clients: 4,
        fileBytes,
        random: randomFrom(interopSeed),
      });
      expect(report.wrong).toEqual([]);
      console.log(JSON.stringify({ seed: interopSeed, expression, ...report }));
      const { halfFull, full, files, stored, refusals } = report;
      // What is left of each node is less than the smallest file.
      expect(
        full.every(
          (share, index) => (1 - share) * (shares[index] ?? 0) * (roomBytes / 12) < fileBytes * 1.05,
        ),
      ).toBe(true);
      expect(stored).toBeLessThan(files);
      expect(refusals.length).toBeGreaterThan(0);
      // By hash alone they are only nearly as full.
      const mostApart = expression.startsWith('size') ? (3 * fileBytes) / (roomBytes / 12) : 1;
      expect(Math.max(...halfFull) - Math.min(...halfFull)).toBeLessThan(mostApart);
      if (soakMegabytes !== undefined)
        await writeEvidence(`fill-${expression.replace(/=.*/, '')}`, {
          seed: interopSeed,
          expression,
          roomBytes,
          fileBytes,
          ...report,
        });
    });
  });
});

describe.each(releases())('a client of the $name release', (client) => {
  test('leaves one copy in an archive group, on another node while the first is away', async () => {
    await withWorld({ client, bare: true }, async (world) => {
      const { gateway, nodes } = world.cluster;
      for (const { name } of nodes) {
        await gateway.annex(['group', name, 'archive']);
        await gateway.annex(['wanted', name, 'standard']);
      }
      const first = await copyNew(world, 'first');
      expect(first).toHaveLength(1);
      const [chosen] = nodes.filter(({ name }) => first.includes(name));
      await rename(chosen!.dir, `${chosen!.dir}.away`);
      const second = await copyNew(world, 'second');
      expect(second).toHaveLength(1);
      expect(second).not.toEqual(first);
    });
  });

  test('puts files where their names are wanted, and removes nothing that a node requires', async () => {
    await withWorld({ client, bare: true }, async (world) => {
      const { gateway } = world.cluster;
      await gateway.annex(['wanted', 'node1', 'include=*.mp3']);
      await gateway.annex(['wanted', 'node2', 'exclude=*.mp3 and smallerthan=1mb']);
      await gateway.annex(['wanted', 'node3', 'not anything']);
      expect(await copyNew(world, 'a song.mp3')).toEqual(['node1']);
      expect(await copyNew(world, 'text')).toEqual(['node2']);
      await gateway.annex(['required', 'node2', 'smallerthan=1mb']);
      const drop = ['drop', '--force', '--from', 'origin-mycluster'];
      expect((await world.client.annex([...drop, 'text'], { allow: [0, 1] })).exitCode).toBe(1);
      expect(await nodesWith(world, 'text')).toEqual(['node2']);
      await gateway.annex(['required', 'node2', 'largerthan=1mb']);
      await world.client.annex([...drop, 'text']);
      expect(await nodesWith(world, 'text')).toEqual([]);
    });
  });
});

/** Adds a file, copies it to the cluster, and tells which nodes have it then. */
async function copyNew(world: World, name: string): Promise<readonly string[]> {
  await writeSample(world.client, name, 1000);
  await world.client.annex(['add', name]);
  await world.client.annex(['copy', '--to', 'origin-mycluster', name]);
  return await nodesWith(world, name);
}

async function nodesWith({ client, cluster }: World, name: string): Promise<readonly string[]> {
  const key = await keyOf(client, name);
  const found: string[] = [];
  for (const node of cluster.nodes) if ((await objectsIn(node)).has(key)) found.push(node.name);
  return found;
}
