// Which nodes of a cluster a key goes to by preferred content, room and what fails; and what may not be removed.
import { describe, expect, test } from 'vitest';
import { contextOf, GatewayBench, gatewayUUID, hashKey, nodeUUID } from '../../test/support/gateway-bench.ts';
import { sampleRepositories, subjectWith, type RepositorySample } from '../../test/support/repositories.ts';
import { patterned, sendAll, uploadOf } from '../remote/conformance/check.ts';
import { FaultyRemote } from '../remote/faulty-remote.ts';
import type { Remote } from '../remote/remote.ts';
import type { UUID } from '../types/uuid.ts';
import type { Cluster } from './cluster.ts';
import { ClusterFiller } from './cluster-fill.ts';
import type { ClusterNode } from './cluster-node.ts';
import { MemorySizes } from './memory-sizes.ts';
import { PreferredPlacement } from './preferred-placement.ts';

interface Node extends RepositorySample {
  readonly cost?: number;
  readonly remote?: (bench: GatewayBench, index: number) => Remote;
}

interface World {
  readonly bench: GatewayBench;
  readonly sizes: MemorySizes;
  readonly cluster: Cluster;
  readonly filler: ClusterFiller;
  readonly placement: PreferredPlacement;
  readonly nodes: readonly ClusterNode[];
}

function worldOf(nodes: readonly Node[]): World {
  const bench = new GatewayBench();
  const uuids = nodes.map((_, index) => nodeUUID(index));
  const sizes = new MemorySizes(uuids.map((uuid) => [uuid, 0n]));
  const logChange = bench.log.logChange.bind(bench.log);
  bench.log.logChange = async (key, change) => {
    await logChange(key, change);
    for (const uuid of change.present) sizes.setPresent(key, uuid, true);
    for (const uuid of change.missing) sizes.setPresent(key, uuid, false);
  };
  const repositories = sampleRepositories(
    Object.fromEntries(nodes.map((node, index) => [nodeUUID(index), node])),
  );
  const placement = new PreferredPlacement({
    facts: {
      repositories: () => Promise.resolve(repositories),
      subject: async (key, { file, needs }) => {
        const found = needs.has('locations') ? await bench.log.locations(key) : [];
        return subjectWith({ key, file, locations: new Set(found) });
      },
    },
    sizes,
    report: bench.report,
  });
  const filler = new ClusterFiller({ tracker: bench.tracker, report: bench.report });
  const clusterNodes = nodes.map(({ remote, cost = 100 }, index) =>
    bench.node(remote?.(bench, index) ?? bench.memory(index), { cost }),
  );
  const cluster = bench.cluster(clusterNodes, { placement, filler });
  return { bench, sizes, cluster, filler, placement, nodes: clusterNodes };
}

const away: Node['remote'] = (bench, index) =>
  new FaultyRemote(bench.memory(index), () => ({ type: 'throw' }));
const breaking: Node['remote'] = (bench, index) =>
  new FaultyRemote(bench.memory(index), (step) => (step === 'send' ? { type: 'throw' } : undefined));

/** Stores 100 bytes of their own, and tells the numbers of the nodes that have them then. */
async function store(world: World, seed: number = 1, associatedFile?: string): Promise<readonly number[]> {
  const content = patterned(100, seed);
  const key = hashKey(content);
  const context = { ...contextOf(), associatedFile };
  const upload = uploadOf(await world.cluster.store(key, {}, context));
  await sendAll(upload, content);
  await upload.finish('valid');
  await world.filler.idle();
  return await located(world, seed);
}

async function located({ bench }: World, seed: number): Promise<readonly number[]> {
  const logged = await bench.logged(hashKey(patterned(100, seed)));
  return logged.map((uuid) => Number(uuid.slice(-2)));
}

const archive: Node = { wants: 'standard', groups: ['archive'] };

describe('an upload goes', () => {
  test('to the nodes that want it, by the name of its file', async () => {
    const world = worldOf([{ wants: 'include=*.mp3' }, { wants: 'exclude=*.mp3' }, {}]);
    expect(await store(world, 1, 'a/song.mp3')).toEqual([0, 2]);
    expect(await store(world, 2, 'a/text')).toEqual([1, 2]);
  });

  test('to all that lack it where none wants it', async () => {
    const world = worldOf([{ wants: 'nothing' }, { wants: 'include=*.mp3' }]);
    expect(await store(world)).toEqual([0, 1]);
  });

  test('to one of an archive group, the cheapest, and to another where that is away', async () => {
    expect(await store(worldOf([archive, archive, { ...archive, cost: 50 }]))).toEqual([2]);
    expect(await store(worldOf([{ ...archive, remote: away }, archive, archive]))).toEqual([1]);
  });

  test('to no other of an archive group when it is there already', async () => {
    const world = worldOf([archive, archive, archive]);
    await store(world);
    const key = hashKey(patterned(100, 1));
    expect(await world.cluster.store(key, {}, contextOf())).toMatchObject({ type: 'already-have' });
    expect(await located(world, 1)).toEqual([0]);
  });

  test('on to another of an archive group afterwards, where the first lost it on the way', async () => {
    const world = worldOf([archive, archive, {}]);
    expect(await store(world)).toEqual([0, 2]);
    const broken = worldOf([{ ...archive, remote: breaking }, archive, {}]);
    expect(await store(broken)).toEqual([1, 2]);
  });

  test('to the same node of a balanced group each time, and to another while that is away', async () => {
    const balanced: Node = { wants: 'balanced=g:1', groups: ['g'] };
    const usual = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((seed) => store(worldOf([balanced, balanced, balanced]), seed)),
    );
    expect(usual.every((nodes) => nodes.length === 1)).toBe(true);
    expect(new Set(usual.flat()).size).toBeGreaterThan(1);
    for (const [index, [node]] of usual.entries()) {
      const nodes = [0, 1, 2].map((each) => (each === node ? { ...balanced, remote: away } : balanced));
      const other = await store(worldOf(nodes), index + 1);
      expect(other).toHaveLength(1);
      expect(other).not.toEqual([node]);
    }
  });
});

describe('room', () => {
  test('a node without room is out, whatever it wants, and the upload fails when all are', async () => {
    const world = worldOf([{ maxSize: 250n }, { maxSize: 100n }]);
    expect(await store(world, 1)).toEqual([0, 1]);
    expect(await store(world, 2)).toEqual([0]);
    const refused = await world.cluster.store(hashKey(patterned(100, 3)), {}, contextOf());
    expect(refused).toMatchObject({ type: 'refused', code: 'no-space' });
    expect((refused as { readonly reason: string }).reason).toContain('these nodes are full: n00, n01');
  });

  test('is kept from the first byte of an upload on, and given up when it breaks off', async () => {
    const world = worldOf([{ maxSize: 150n }]);
    const first = uploadOf(await world.cluster.store(hashKey(patterned(100, 1)), {}, contextOf()));
    const second = await world.cluster.store(hashKey(patterned(100, 2)), {}, contextOf());
    expect(second).toMatchObject({ type: 'refused', code: 'no-space' });
    await first.abort();
    expect(await store(world, 2)).toEqual([0]);
    expect(await world.sizes.exclusively((sizes) => sizes.sizeOf(nodeUUID(0)))).toBe(100n);
  });

  test('is counted once when the upload is over', async () => {
    const world = worldOf([{ maxSize: 1000n, remote: breaking }, { maxSize: 1000n }]);
    await store(world);
    const sizes = await world.sizes.exclusively((ledger) =>
      [0, 1].map((index) => ledger.sizeOf(nodeUUID(index))),
    );
    expect(sizes).toEqual([0n, 100n]);
  });

  test('is kept for an upload to one node as well, which may go over the limit', async () => {
    const world = worldOf([{ maxSize: 150n }]);
    const remote = world.nodes[0]?.remote as Remote;
    const direct = world.bench.proxied(remote, world.placement);
    const stop = new AbortController();
    const first = uploadOf(await direct.store(hashKey(patterned(100, 1)), {}, contextOf(stop.signal)));
    expect(await world.cluster.store(hashKey(patterned(100, 2)), {}, contextOf())).toMatchObject({
      code: 'no-space',
    });
    stop.abort();
    await first.abort();
    expect(await store(world, 2)).toEqual([0]);
    uploadOf(await direct.store(hashKey(patterned(100, 3)), {}, contextOf()));
  });

  test('of a size balanced group is used in proportion', async () => {
    const balanced = (maxSize: bigint): Node => ({
      wants: 'sizebalanced=g:1',
      groups: ['g'],
      maxSize,
    });
    const world = worldOf([balanced(4000n), balanced(2000n), balanced(2000n)]);
    const counts = [0, 0, 0];
    for (let seed = 1; seed <= 40; seed++)
      for (const node of await store(world, seed)) counts[node] = (counts[node] ?? 0) + 1;
    expect(counts).toEqual([20, 10, 10]);
  });
});

describe('a removal from the cluster', () => {
  test.each([
    ['what a node requires', { requires: 'anything' }, 'it is required content of node n00'],
    [
      'what it may require, by a name',
      { requires: 'include=*.mp3' },
      'it may be required content of node n00',
    ],
  ])('is refused for %s, before anything is removed', async (_, node, reason) => {
    const world = worldOf([node, {}]);
    await store(world, 1, 'a.mp3');
    const removed = await world.cluster.remove(hashKey(patterned(100, 1)), {}, contextOf());
    expect(removed).toMatchObject({ removed: false, plusUUIDs: [] });
    expect((removed as { readonly reason: string }).reason).toContain(reason);
    expect(await located(world, 1)).toEqual([0, 1]);
  });

  test('is done where nobody requires it', async () => {
    const world = worldOf([{ requires: 'largerthan=1mb' }, { wants: 'anything' }]);
    await store(world);
    expect(await world.cluster.remove(hashKey(patterned(100, 1)), {}, contextOf())).toMatchObject({
      removed: true,
    });
    expect(await located(world, 1)).toEqual([]);
  });
});

test('an expression that does not parse is told of once', async () => {
  const world = worldOf([{ wants: 'frobnicate=1' }, {}]);
  expect(await store(world, 1)).toEqual([1]);
  await store(world, 2);
  expect(world.bench.events.filter(({ type }) => type === 'warning')).toHaveLength(1);
});

test('nodes behind another gateway are judged, and it is asked where one of them wants the key', async () => {
  const { bench, placement, nodes } = worldOf([{ wants: 'nothing' }, { wants: 'include=*.mp3' }]);
  const near = nodes[0] as ClusterNode;
  const other = bench.node(bench.memory(9), { gateway: gatewayUUID, reaches: [nodeUUID(1)] });
  const chosen = async (associatedFile: string): Promise<readonly ClusterNode[]> => {
    const request = { key: hashKey(patterned(100, 1)), nodes: [near, other], logged: new Set<UUID>() };
    return (await placement.choose({ ...request, associatedFile })).chosen;
  };
  expect(await chosen('a.mp3')).toEqual([other]);
  expect(await chosen('a.txt')).toEqual([near, other]);
});
