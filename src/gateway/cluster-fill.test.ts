// Nodes that an upload left out get the content from those that it reached.
import { describe, expect, test } from 'vitest';
import {
  contextOf,
  GatewayBench,
  hashKey,
  nodeUUID,
  placeByNumber,
} from '../../test/support/gateway-bench.ts';
import { settle } from '../../test/support/manual-clock.ts';
import { patterned, sendAll, uploadOf } from '../remote/conformance/check.ts';
import { FaultyRemote } from '../remote/faulty-remote.ts';
import type { MemoryRemote } from '../remote/memory-remote.ts';
import { bytesEqual } from '../util/bytes.ts';
import type { Cluster } from './cluster.ts';
import { ClusterFiller } from './cluster-fill.ts';
import type { ClusterOptions } from './cluster-parts.ts';

const content = patterned(200_000, 1);
const key = hashKey(content);

function setUp(options: Partial<ClusterOptions> = {}): {
  readonly bench: GatewayBench;
  readonly memory: readonly MemoryRemote[];
  readonly filler: ClusterFiller;
  readonly cluster: Cluster;
} {
  const bench = new GatewayBench();
  const memory = [0, 1, 2].map((index) => bench.memory(index));
  const filler = new ClusterFiller({ tracker: bench.tracker, report: bench.report });
  const cluster = bench.cluster(
    memory.map((remote) => bench.node(remote)),
    { filler, ...options },
  );
  return { bench, memory, filler, cluster };
}

/** Leaves the first bytes in a node, as a broken upload does. */
async function leavePartial(remote: MemoryRemote, bytes: number): Promise<void> {
  const upload = uploadOf(await remote.store(key, {}, contextOf()));
  upload.announce(content.length);
  await upload.send(content.subarray(0, bytes));
  await upload.abort();
}

async function storeFrom(cluster: Cluster, from: number): Promise<void> {
  const upload = uploadOf(await cluster.store(key, { from }, contextOf()));
  await sendAll(upload, content);
  expect(await upload.finish('valid')).toMatchObject({ stored: true });
}

describe('a node whose partial ended before the offset', () => {
  test('is filled afterwards from where it stood, and logged', async () => {
    const { bench, memory, filler, cluster } = setUp();
    await leavePartial(memory[0]!, 150_000);
    await leavePartial(memory[1]!, 160_000);
    await leavePartial(memory[2]!, 50_000);
    await storeFrom(cluster, 150_000);
    expect(bench.failedNodes()).toEqual([]);
    await filler.idle();
    for (const remote of memory) expect(bytesEqual(remote.contents.get(key)!, content)).toBe(true);
    expect(await bench.logged(key)).toEqual([nodeUUID(0), nodeUUID(1), nodeUUID(2)]);
    expect(bench.openDownloads).toBe(0);
  });

  test('is told of where it cannot be filled, and nothing else changes', async () => {
    const bench = new GatewayBench();
    const memory = [0, 1].map((index) => bench.memory(index));
    const filler = new ClusterFiller({ tracker: bench.tracker, report: bench.report });
    let asked = 0;
    // The second time it is asked is the fill.
    const broken = new FaultyRemote(memory[1]!, (step) =>
      step === 'store' && ++asked === 2 ? { type: 'throw' } : undefined,
    );
    const cluster = bench.cluster([bench.node(memory[0]!), bench.node(broken)], { filler });
    await leavePartial(memory[0]!, 150_000);
    await storeFrom(cluster, 150_000);
    await filler.idle();
    expect(bench.failedNodes()).toEqual([nodeUUID(1)]);
    expect(await bench.logged(key)).toEqual([nodeUUID(0)]);
  });
});

test('the content comes from another node where the first cannot be asked', async () => {
  const bench = new GatewayBench();
  const memory = [0, 1, 2].map((index) => bench.memory(index));
  const filler = new ClusterFiller({ tracker: bench.tracker, report: bench.report });
  for (const remote of memory.slice(0, 2)) remote.contents.set(key, content);
  const away = new FaultyRemote(memory[0]!, (step) => (step === 'retrieve' ? { type: 'throw' } : undefined));
  filler.add({ key, from: [away, memory[1]!], to: bench.node(memory[2]!), context: contextOf() });
  await filler.idle();
  expect(bytesEqual(memory[2]!.contents.get(key)!, content)).toBe(true);
  expect(bench.failedNodes()).toEqual([]);
});

describe('a spare node', () => {
  test('is filled in place of one that failed after the first byte', async () => {
    const bench = new GatewayBench();
    const memory = [0, 1, 2].map((index) => bench.memory(index));
    const filler = new ClusterFiller({ tracker: bench.tracker, report: bench.report });
    const failing = new FaultyRemote(memory[1]!, (step) => (step === 'send' ? { type: 'throw' } : undefined));
    const cluster = bench.cluster(
      [memory[0]!, failing, memory[2]!].map((remote) => bench.node(remote)),
      { filler, placement: placeByNumber([0, 1], [2]) },
    );
    await storeFrom(cluster, 0);
    await filler.idle();
    expect(await bench.logged(key)).toEqual([nodeUUID(0), nodeUUID(2)]);
    expect(memory[2]!.contents.has(key)).toBe(true);
  });

  test('is left alone where all went well', async () => {
    const { bench, memory, filler, cluster } = setUp({
      placement: placeByNumber([0], [2]),
    });
    await storeFrom(cluster, 0);
    await filler.idle();
    expect(await bench.logged(key)).toEqual([nodeUUID(0)]);
    expect(memory[2]!.contents.has(key)).toBe(false);
  });
});

test('as many run at once as they may', async () => {
  const bench = new GatewayBench();
  const memory = [0, 1, 2, 3, 4].map((index) => bench.memory(index));
  const filler = new ClusterFiller({ tracker: bench.tracker, report: bench.report });
  memory[0]!.contents.set(key, content);
  const asked = new Set<string>();
  for (const remote of memory.slice(1)) {
    const stalled = new FaultyRemote(remote, (step) => {
      if (step === 'store') asked.add(remote.uuid);
      return step === 'send' ? { type: 'stall' } : undefined;
    });
    filler.add({ key, from: [memory[0]!], to: bench.node(stalled), context: contextOf() });
  }
  await settle();
  expect(asked.size).toBe(2);
  filler.limit(3);
  await settle();
  expect(asked.size).toBe(3);
  filler.limit();
  await settle();
  expect(asked.size).toBe(3);
  await filler.close();
});

test('closing breaks off a fill that stalls, and takes no more', async () => {
  const bench = new GatewayBench();
  const memory = [0, 1].map((index) => bench.memory(index));
  const filler = new ClusterFiller({ tracker: bench.tracker, report: bench.report });
  memory[0]!.contents.set(key, content);
  const stalled = new FaultyRemote(memory[1]!, (step) => (step === 'send' ? { type: 'stall' } : undefined));
  const fill = { key, from: [memory[0]!], to: bench.node(stalled), context: contextOf() };
  filler.add(fill);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await filler.close();
  filler.add(fill);
  await filler.idle();
  expect(await bench.logged(key)).toEqual([]);
  expect(bench.failedNodes()).toEqual([]);
  expect(bench.openDownloads).toBe(0);
});
