// A cluster with several gateways: another gateway is a node here, and answers for the nodes behind it.
import { expect, test } from 'vitest';
import {
  clusterUUID,
  contextOf,
  GatewayBench,
  gatewayUUID,
  hashKey,
  nodeUUID,
} from '../../test/support/gateway-bench.ts';
import {
  gatewayOf,
  gatewaysInARing,
  later,
  otherGateway,
  thirdGateway,
  twoGateways,
  type Gateway,
} from '../../test/support/gateways-bench.ts';
import { patterned, sendAll, uploadOf } from '../remote/conformance/check.ts';
import type { Context, Remote, StoreAnswer } from '../remote/remote.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';

const content = patterned(5000, 3);
const key = hashKey(content);

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
  const uuids = [gatewayUUID, otherGateway, thirdGateway];
  const { gateways } = gatewaysInARing(new GatewayBench(), uuids);
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
