// A cluster with several gateways: another gateway is a node here, and answers for the nodes behind it.
import { expect, test } from 'vitest';
import {
  clusterUUID,
  contextOf,
  GatewayBench,
  gatewayUUID,
  hashKey,
  makeDigest,
  nodeUUID,
  seededRng,
} from '../../test/support/gateway-bench.ts';
import { patterned, sendAll, uploadOf } from '../remote/conformance/check.ts';
import type { MemoryRemote } from '../remote/memory-remote.ts';
import type { Context, Remote, StoreAnswer } from '../remote/remote.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import { Cluster } from './cluster.ts';
import type { ClusterNode } from './cluster-node.ts';
import { LocationTracker } from './location-tracker.ts';
import { MemoryLocationLog } from './memory-location-log.ts';
import { placeWhereLacking } from './placement.ts';

const otherGateway = '00000000-0000-4000-8000-00000000000e' as UUID;
const thirdGateway = '00000000-0000-4000-8000-00000000000d' as UUID;
const content = patterned(5000, 3);
const key = hashKey(content);

interface Gateway {
  readonly uuid: UUID;
  readonly cluster: Cluster;
  readonly log: MemoryLocationLog;
  readonly asked: string[];
}

/** As a location log is read: the cluster is in it as soon as any node is. */
class ReadLog extends MemoryLocationLog {
  override async locations(wanted: Key): Promise<readonly UUID[]> {
    const found = await super.locations(wanted);
    return found.length === 0 ? found : [...found, clusterUUID];
  }
}

interface OtherGateway {
  readonly uuid: UUID;
  /** The nodes that it reaches. */
  readonly reaches: readonly UUID[];
  readonly remote: () => Remote;
}

/** A gateway with a log of its own; what its own nodes and the other gateways are asked is noted down. */
function gatewayOf(
  bench: GatewayBench,
  uuid: UUID,
  { own, others }: { readonly own: readonly MemoryRemote[]; readonly others: readonly OtherGateway[] },
): Gateway {
  const log = new ReadLog();
  const asked: string[] = [];
  const nodes: ClusterNode[] = [
    ...own.map((remote) => bench.node(noting(remote, asked))),
    ...others.map((other) => ({
      ...bench.node(noting(later(other.remote), asked)),
      name: 'other gateway',
      gateway: other.uuid,
      reaches: other.reaches,
    })),
  ];
  const cluster = new Cluster({
    uuid: clusterUUID,
    gatewayUUID: uuid,
    nodes,
    tracker: new LocationTracker(log, uuid),
    clock: bench.clock,
    rng: seededRng(),
    makeDigest,
    placement: placeWhereLacking,
    report: bench.report,
    loads: bench.loads,
  });
  return { uuid, cluster, log, asked };
}

/** Notes each question to a repository; a cluster's own are noted where they end. */
function noting(remote: Remote, asked: string[]): Remote {
  const note = (operation: string): void => {
    if (remote.traits.kind === 'repository') asked.push(`${operation} ${remote.uuid.slice(-2)}`);
  };
  return {
    uuid: remote.uuid,
    traits: remote.traits,
    checkPresent: (wanted, context) => {
      note('check');
      return remote.checkPresent(wanted, context);
    },
    lockContent: (wanted, context) => remote.lockContent(wanted, context),
    retrieve: (wanted, options, context) => {
      note('get');
      return remote.retrieve(wanted, options, context);
    },
    store: (wanted, options, context) => {
      note('put');
      return remote.store(wanted, options, context);
    },
    remove: (wanted, options, context) => {
      note('remove');
      return remote.remove(wanted, options, context);
    },
    timestamp: (context) => remote.timestamp(context),
  };
}

/** Gateways that know each other are made one after the other. */
function later(remote: () => Remote): Remote {
  return {
    uuid: clusterUUID,
    traits: { kind: 'cluster', local: false },
    checkPresent: (wanted, context) => remote().checkPresent(wanted, context),
    lockContent: (wanted, context) => remote().lockContent(wanted, context),
    retrieve: (wanted, options, context) => remote().retrieve(wanted, options, context),
    store: (wanted, options, context) => remote().store(wanted, options, context),
    remove: (wanted, options, context) => remote().remove(wanted, options, context),
    timestamp: (context) => remote().timestamp(context),
  };
}

interface TwoGateways {
  readonly bench: GatewayBench;
  /** Has nodes 0 and 1. */
  readonly here: Gateway;
  /** Has nodes 2 and 3. */
  readonly there: Gateway;
  readonly memory: readonly MemoryRemote[];
}

/** Each is a remote of the other. */
function twoGateways(): TwoGateways {
  const bench = new GatewayBench();
  const memory = [0, 1, 2, 3].map((index) => bench.memory(index));
  const here: Gateway = gatewayOf(bench, gatewayUUID, {
    own: memory.slice(0, 2),
    others: [{ uuid: otherGateway, reaches: [nodeUUID(2), nodeUUID(3)], remote: () => there.cluster }],
  });
  const there: Gateway = gatewayOf(bench, otherGateway, {
    own: memory.slice(2),
    others: [{ uuid: gatewayUUID, reaches: [nodeUUID(0), nodeUUID(1)], remote: () => here.cluster }],
  });
  return { bench, here, there, memory };
}

async function put(remote: Remote, context: Context = contextOf()): Promise<readonly UUID[]> {
  const upload = uploadOf(await remote.store(key, {}, context));
  await sendAll(upload, content);
  const stored = await upload.finish('valid');
  expect(stored.stored).toBe(true);
  return [...stored.plusUUIDs].sort();
}

async function logged({ log }: Gateway, wanted: Key = key): Promise<readonly UUID[]> {
  return (await log.locations(wanted)).filter((uuid) => uuid !== clusterUUID).sort();
}

const nodes = (...indexes: number[]): readonly UUID[] => indexes.map(nodeUUID);

test('an upload reaches the nodes of both gateways, each once', async () => {
  const { here, there } = twoGateways();
  expect(await put(here.cluster)).toEqual(nodes(0, 1, 2, 3));
  expect([...here.asked, ...there.asked].sort()).toEqual(['put 00', 'put 01', 'put 02', 'put 03']);
  expect(await logged(here)).toEqual(nodes(0, 1, 2, 3));
  expect(await logged(there)).toEqual(nodes(2, 3));
});

test('what all have already is told by the names of the nodes, never by that of the cluster', async () => {
  const { here } = twoGateways();
  await put(here.cluster);
  const again = await here.cluster.store(key, {}, contextOf());
  expect(again.type).toBe('already-have');
  expect([...(again as { readonly plusUUIDs: readonly UUID[] }).plusUUIDs].sort()).toEqual(nodes(0, 1, 2, 3));
});

test('what the other gateway has already concerns it alone, and is told', async () => {
  const { here, there } = twoGateways();
  await put(there.cluster, contextOf(undefined, [gatewayUUID]));
  expect(await logged(here)).toEqual([]);
  expect(await put(here.cluster)).toEqual(nodes(0, 1, 2, 3));
  expect(await logged(here)).toEqual(nodes(0, 1, 2, 3));
});

test('a gateway with some nodes that lack the key gets it for those', async () => {
  const { here, there, memory } = twoGateways();
  await put(here.cluster);
  await memory[2]?.remove(key, {}, contextOf());
  await here.log.logChange(key, { present: [], missing: nodes(2) });
  await there.log.logChange(key, { present: [], missing: nodes(2) });
  here.asked.length = 0;
  there.asked.length = 0;
  await put(here.cluster);
  expect(here.asked).toEqual([]);
  expect(there.asked).toEqual(['put 02']);
  expect(await memory[2]?.checkPresent(key, contextOf())).toBe(true);
});

test('a removal reaches all, tells all, and asks none twice', async () => {
  const { here, there } = twoGateways();
  await put(here.cluster);
  here.asked.length = 0;
  there.asked.length = 0;
  const removed = await here.cluster.remove(key, {}, contextOf());
  expect(removed.removed).toBe(true);
  expect([...removed.plusUUIDs].sort()).toEqual(nodes(0, 1, 2, 3));
  expect([...here.asked, ...there.asked].sort()).toEqual([
    'remove 00',
    'remove 01',
    'remove 02',
    'remove 03',
  ]);
  expect(await logged(here)).toEqual([]);
});

test('a removal that the other gateway did in part names what it reached', async () => {
  const { here, there, memory } = twoGateways();
  await put(here.cluster);
  await memory[3]?.lockContent(key, contextOf());
  const removed = await here.cluster.remove(key, {}, contextOf());
  expect(removed.removed).toBe(false);
  expect('reason' in removed && removed.reason).toContain('other gateway');
  expect([...removed.plusUUIDs].sort()).toEqual(nodes(0, 1, 2));
  expect(await logged(here)).toEqual(nodes(3));
  expect(await logged(there)).toEqual(nodes(3));
});

test('presence and downloads come from the other gateway where only it has the key', async () => {
  const { here, there } = twoGateways();
  await put(there.cluster, contextOf(undefined, [gatewayUUID]));
  expect(await here.cluster.checkPresent(key, contextOf())).toBe(true);
  expect((await here.cluster.retrieve(key, { offset: 0 }, contextOf()))?.lengthBytes).toBe(content.length);
  // A client that came through the other gateway is answered for the nodes of this one.
  expect(await here.cluster.checkPresent(key, contextOf(undefined, [otherGateway]))).toBe(false);
});

test('among three gateways that all know each other no node is asked twice', async () => {
  const bench = new GatewayBench();
  const memory = [0, 1, 2].map((index) => bench.memory(index));
  const uuids = [gatewayUUID, otherGateway, thirdGateway];
  const gateways: Gateway[] = uuids.map((uuid, index) =>
    gatewayOf(bench, uuid, {
      own: memory.slice(index, index + 1),
      others: uuids.flatMap((other, at) =>
        at === index
          ? []
          : [{ uuid: other, reaches: nodes(at), remote: () => (gateways[at] as Gateway).cluster }],
      ),
    }),
  );
  const [first] = gateways;
  expect(await put((first as Gateway).cluster)).toEqual(nodes(0, 1, 2));
  expect(gateways.map(({ asked }) => asked)).toEqual([['put 00'], ['put 01'], ['put 02']]);
  const removed = await (first as Gateway).cluster.remove(key, {}, contextOf());
  expect(removed.removed).toBe(true);
  expect(gateways.map(({ asked }) => asked.slice(1))).toEqual([['remove 00'], ['remove 01'], ['remove 02']]);
});

test('a gateway without nodes of its own is no obstacle to a removal, and takes no upload', async () => {
  const bench = new GatewayBench();
  const memory = bench.memory(0);
  const there: Gateway = gatewayOf(bench, otherGateway, { own: [], others: [] });
  const other = { uuid: otherGateway, reaches: [], remote: (): Remote => there.cluster };
  const here = gatewayOf(bench, gatewayUUID, { own: [memory], others: [other] });
  expect(await put(here.cluster)).toEqual(nodes(0));
  expect(bench.failedNodes()).toEqual([otherGateway]);
  expect((await here.cluster.remove(key, {}, contextOf())).removed).toBe(true);
  expect((await there.cluster.remove(key, {}, contextOf())).removed).toBe(false);
});

test('"already have" of a gateway that names nobody is not believed', async () => {
  const bench = new GatewayBench();
  const silent = (plusUUIDs: readonly UUID[]): Remote => {
    const remote = later(() => bench.memory(9));
    return {
      ...remote,
      store: (): Promise<StoreAnswer> => Promise.resolve({ type: 'already-have', plusUUIDs }),
    };
  };
  for (const names of [[], [clusterUUID]] as const) {
    const other = { uuid: otherGateway, reaches: [], remote: (): Remote => silent(names) };
    const { cluster } = gatewayOf(bench, gatewayUUID, { own: [], others: [other] });
    expect(await cluster.store(anotherKey, {}, contextOf())).toMatchObject({ type: 'refused' });
  }
  const other = { uuid: otherGateway, reaches: [], remote: (): Remote => silent([...nodes(2), clusterUUID]) };
  const here = gatewayOf(bench, gatewayUUID, { own: [], others: [other] });
  expect(await here.cluster.store(anotherKey, {}, contextOf())).toEqual({
    type: 'already-have',
    plusUUIDs: nodes(2),
  });
  expect(await logged(here, anotherKey)).toEqual(nodes(2));
});

const anotherKey: Key = hashKey(patterned(10, 4));
