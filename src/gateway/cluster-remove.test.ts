// Removal from a cluster and through a proxy: from every node, and by deadlines in the gateway's clock.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contextOf, GatewayBench, hashKey, makeDigest, nodeUUID } from '../../test/support/gateway-bench.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { patterned } from '../remote/conformance/check.ts';
import { FaultyRemote, type Fault, type FaultyStep } from '../remote/faulty-remote.ts';
import { MemoryRemote } from '../remote/memory-remote.ts';
import type { Remote } from '../remote/remote.ts';

const content = patterned(1000, 1);
const key = hashKey(content);
const all = [0, 1, 2].map(nodeUUID);

async function setUp(faults: Record<number, Partial<Record<FaultyStep, Fault>>> = {}) {
  const bench = new GatewayBench();
  const memory = [0, 1, 2].map((index) => bench.memory(index));
  for (const remote of memory) remote.contents.set(key, content);
  await bench.log.logChange(key, { present: all, missing: [] });
  const nodes = memory.map((remote, index) => {
    const own = faults[index];
    return bench.node(own === undefined ? remote : new FaultyRemote(remote, (step) => own[step]));
  });
  return { bench, memory, cluster: bench.cluster(nodes) };
}

describe('removal from a cluster', () => {
  test('is from every node, whatever the log says', async () => {
    const { bench, memory, cluster } = await setUp();
    await bench.log.logChange(key, { present: [], missing: [nodeUUID(1)] });
    expect(await cluster.remove(key, {}, contextOf())).toEqual({ removed: true, plusUUIDs: all });
    expect(memory.some((remote) => remote.contents.has(key))).toBe(false);
    expect(await bench.logged(key)).toEqual([]);
  });

  test('of absent content succeeds and names every node', async () => {
    const { cluster } = await setUp();
    const absent = hashKey(patterned(5, 5));
    expect(await cluster.remove(absent, {}, contextOf())).toEqual({ removed: true, plusUUIDs: all });
  });

  test('fails when a node could not be asked, and names what was removed', async () => {
    const { bench, memory, cluster } = await setUp({ 1: { remove: { type: 'throw' } } });
    expect(await cluster.remove(key, {}, contextOf())).toEqual({
      removed: false,
      reason: 'not removed from every node: node n01: failed on purpose',
      plusUUIDs: [nodeUUID(0), nodeUUID(2)],
    });
    expect(memory[1]?.contents.has(key)).toBe(true);
    expect(await bench.logged(key)).toEqual([nodeUUID(1)]);
    expect(bench.failedNodes()).toEqual([nodeUUID(1)]);
  });

  test('fails when a node has it locked', async () => {
    const { memory, cluster } = await setUp();
    await memory[2]?.lockContent(key, contextOf());
    const answer = await cluster.remove(key, {}, contextOf());
    expect(answer).toMatchObject({ removed: false, plusUUIDs: [nodeUUID(0), nodeUUID(1)] });
    expect(memory[2]?.contents.has(key)).toBe(true);
  });

  test('of a cluster without nodes fails', async () => {
    const answer = await new GatewayBench().cluster([]).remove(key, {}, contextOf());
    expect(answer.removed).toBe(false);
  });

  test('is logged though the client has gone meanwhile', async () => {
    const controller = new AbortController();
    const until = new Promise<void>((resolve) => setImmediate(resolve));
    const { bench, cluster, memory } = await setUp({
      1: { remove: { type: 'stall' } },
      2: { remove: { type: 'wait', until } },
    });
    const reason = new Error('gone');
    const removing = cluster.remove(key, {}, contextOf(controller.signal));
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(reason);
    await expect(removing).rejects.toBe(reason);
    const still = memory.filter((remote) => remote.contents.has(key)).map(({ uuid }) => uuid);
    expect(await bench.logged(key)).toEqual(still);
  });
});

describe('a deadline', () => {
  test('a node whose time cannot be asked is not removed from', async () => {
    const { bench, memory, cluster } = await setUp({ 1: { timestamp: { type: 'throw' } } });
    const before = (await cluster.timestamp(contextOf())) + 100;
    const answer = await cluster.remove(key, { before }, contextOf());
    expect(answer).toMatchObject({ removed: false, plusUUIDs: [nodeUUID(0), nodeUUID(2)] });
    expect(memory[1]?.contents.has(key)).toBe(true);
    expect(await bench.logged(key)).toEqual([nodeUUID(1)]);
  });

  test('is the gateway clock, and never later in a node than it was meant', async () => {
    const seconds = fc.double({ min: 0, max: 1e7, noNaN: true });
    await fc.assert(
      fc.asyncProperty(seconds, seconds, fc.integer({ min: -3, max: 10 }), async (gateway, node, ahead) => {
        const gatewayClock = new ManualClock(gateway);
        const nodeClock = new ManualClock(node);
        const remote = new MemoryRemote({ uuid: nodeUUID(0), clock: nodeClock, makeDigest });
        remote.contents.set(key, content);
        let deadline: number | undefined;
        const watched: Remote = Object.assign(Object.create(remote) as Remote, {
          uuid: remote.uuid,
          traits: remote.traits,
          timestamp: (...args: Parameters<Remote['timestamp']>) => remote.timestamp(...args),
          remove: (...args: Parameters<Remote['remove']>) => {
            deadline = args[1].before;
            return remote.remove(...args);
          },
        });
        const bench = new GatewayBench();
        Object.assign(bench, { clock: gatewayClock });
        for (const through of [bench.proxied(watched), bench.cluster([bench.node(watched)])]) {
          remote.contents.set(key, content);
          deadline = undefined;
          const before = (await through.timestamp(contextOf())) + ahead;
          const answer = await through.remove(key, { before }, contextOf());
          const left = before - gatewayClock.monotonicSeconds();
          // The node's own deadline is at most as far ahead in its clock as the client's is in the gateway's.
          const nodeLeft = deadline === undefined ? left : deadline - nodeClock.monotonicSeconds();
          expect(nodeLeft).toBeLessThanOrEqual(left);
          expect(left <= 0 && deadline !== undefined).toBe(false);
          expect(answer.removed).toBe(left <= 0 ? false : left >= 2 ? true : answer.removed);
          expect(remote.contents.has(key)).toBe(!answer.removed);
        }
      }),
    );
  });

  test('passes while the node is asked for its time', async () => {
    const bench = new GatewayBench();
    const remote = bench.memory(0);
    remote.contents.set(key, content);
    const slow = new FaultyRemote(remote, (step) =>
      step === 'timestamp' ? { type: 'wait', until: bench.clock.advance(20_000) } : undefined,
    );
    const proxied = bench.proxied(slow);
    const before = (await proxied.timestamp(contextOf())) + 20;
    expect((await proxied.remove(key, { before }, contextOf())).removed).toBe(false);
    expect(remote.contents.has(key)).toBe(true);
  });
});
