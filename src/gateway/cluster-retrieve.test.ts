// Downloads from a cluster, and whether it has a key: which node is asked, and what happens when it fails.
import { describe, expect, test } from 'vitest';
import {
  contextOf,
  GatewayBench,
  hashKey,
  nodeUUID,
  seededRng,
  unverifiableKey,
} from '../../test/support/gateway-bench.ts';
import { patterned } from '../remote/conformance/check.ts';
import { FaultyRemote, type Fault, type FaultPlan } from '../remote/faulty-remote.ts';
import type { MemoryRemote } from '../remote/memory-remote.ts';
import type { Content, Remote } from '../remote/remote.ts';
import type { Key } from '../types/key.ts';
import { bytesEqual, collect } from '../util/bytes.ts';
import type { Cluster } from './cluster.ts';

const content = patterned(300_000, 1);
const key = hashKey(content);

function holding(bench: GatewayBench, index: number, local: boolean = true, of: Key = key): MemoryRemote {
  const remote = bench.memory(index, { local });
  remote.contents.set(of, content);
  return remote;
}

/** Fails at the chunk that is named, counting from 0. */
function atChunk(chunk: number, fault: Fault): FaultPlan {
  let count = 0;
  return (step) => (step === 'chunk' && count++ === chunk ? fault : undefined);
}

/** A cluster that asks the nodes in this order. */
function inOrder(bench: GatewayBench, remotes: readonly Remote[]): Cluster {
  return bench.cluster(remotes.map((remote, index) => bench.node(remote, { cost: 100 + index })));
}

async function get(cluster: Cluster, of: Key = key, offset: number = 0): Promise<Uint8Array> {
  const found = (await cluster.retrieve(of, { offset }, contextOf())) as Content;
  const bytes = await collect(found.chunks);
  expect(bytes).toHaveLength(found.lengthBytes);
  expect(await found.validity()).toBe('valid');
  return bytes;
}

describe('another node takes over', () => {
  test.each<[string, FaultPlan]>([
    ['is away', (step) => (step === 'retrieve' ? { type: 'throw' } : undefined)],
    ['fails before the first byte', atChunk(0, { type: 'throw' })],
    ['fails mid-way', atChunk(2, { type: 'throw' })],
    ['ends before the first byte', atChunk(0, { type: 'short' })],
    ['ends early', atChunk(3, { type: 'short' })],
  ])('for one that %s', async (_, plan) => {
    const bench = new GatewayBench();
    const cluster = inOrder(bench, [
      new FaultyRemote(holding(bench, 0), plan),
      bench.memory(1),
      holding(bench, 2),
    ]);
    expect(bytesEqual(await get(cluster), content)).toBe(true);
    expect(bench.failedNodes()).toEqual([nodeUUID(0)]);
  });

  test('at an offset, and again for the second', async () => {
    const bench = new GatewayBench();
    const broken = [0, 1].map(
      (index) => new FaultyRemote(holding(bench, index), atChunk(1, { type: 'throw' })),
    );
    const cluster = inOrder(bench, [...broken, holding(bench, 2)]);
    expect(bytesEqual(await get(cluster, key, 12_345), content.slice(12_345))).toBe(true);
  });

  test('mid-way only for keys with a cryptographic hash', async () => {
    const bench = new GatewayBench();
    const worm = unverifiableKey('file', content.length);
    const early = new FaultyRemote(holding(bench, 0, true, worm), atChunk(0, { type: 'throw' }));
    expect(bytesEqual(await get(inOrder(bench, [early, holding(bench, 1, true, worm)]), worm), content)).toBe(
      true,
    );
    const late = new FaultyRemote(holding(bench, 0, true, worm), atChunk(1, { type: 'throw' }));
    const cluster = inOrder(bench, [late, holding(bench, 1, true, worm)]);
    await expect(get(cluster, worm)).rejects.toThrow('on purpose');
  });

  test('only one that has as many bytes', async () => {
    const bench = new GatewayBench();
    const other = bench.memory(1);
    other.contents.set(key, content.slice(0, 200_000));
    const first = new FaultyRemote(holding(bench, 0), atChunk(1, { type: 'throw' }));
    expect(bytesEqual(await get(inOrder(bench, [first, other, holding(bench, 2)])), content)).toBe(true);
    expect(bench.failedNodes()).toEqual([nodeUUID(0), nodeUUID(1)]);
  });

  test('and when none can, the download fails', async () => {
    const bench = new GatewayBench();
    const broken = [0, 1].map(
      (index) => new FaultyRemote(holding(bench, index), atChunk(1, { type: 'throw' })),
    );
    const found = (await inOrder(bench, broken).retrieve(key, { offset: 0 }, contextOf())) as Content;
    await expect(collect(found.chunks)).rejects.toThrow(/no other node can go on: node n00: .*node n01: /);
  });
});

test('what was announced to be stable never ends invalid', async () => {
  const bench = new GatewayBench();
  const unstable = (inner: Remote): Remote => ({
    uuid: inner.uuid,
    traits: inner.traits,
    checkPresent: (...args) => inner.checkPresent(...args),
    lockContent: (...args) => inner.lockContent(...args),
    store: (...args) => inner.store(...args),
    remove: (...args) => inner.remove(...args),
    timestamp: (...args) => inner.timestamp(...args),
    async retrieve(...args) {
      const found = await inner.retrieve(...args);
      return found && { ...found, stable: false, validity: () => Promise.resolve('invalid') };
    },
  });
  const first = new FaultyRemote(holding(bench, 0), atChunk(1, { type: 'throw' }));
  const alone = inOrder(bench, [first, unstable(holding(bench, 1))]);
  const found = (await alone.retrieve(key, { offset: 0 }, contextOf())) as Content;
  expect(found.stable).toBe(true);
  await expect(collect(found.chunks)).rejects.toThrow('changed while it was read');
  const again = new FaultyRemote(holding(bench, 0), atChunk(1, { type: 'throw' }));
  expect(
    bytesEqual(await get(inOrder(bench, [again, unstable(holding(bench, 1)), holding(bench, 2)])), content),
  ).toBe(true);
});

test('a download that is given up lets go of the node, also before it began', async () => {
  const bench = new GatewayBench();
  let returned = 0;
  const inner = holding(bench, 0);
  const watched: Remote = Object.assign(Object.create(inner) as Remote, {
    uuid: inner.uuid,
    traits: inner.traits,
    retrieve: () =>
      Promise.resolve({
        lengthBytes: 5,
        stable: true,
        validity: () => Promise.resolve('valid' as const),
        chunks: {
          [Symbol.asyncIterator]: () => ({
            next: () => Promise.resolve({ done: false, value: new Uint8Array(1) }),
            return: () => Promise.resolve({ done: true, value: void returned++ }),
          }),
        },
      }),
  });
  const cluster = inOrder(bench, [watched]);
  const unread = (await cluster.retrieve(key, { offset: 0 }, contextOf())) as Content;
  await unread.chunks[Symbol.asyncIterator]().return?.();
  expect(returned).toBe(1);
  const begun = (await cluster.retrieve(key, { offset: 0 }, contextOf())) as Content;
  for await (const _ of begun.chunks) break;
  expect(returned).toBe(2);
});

describe('which node is asked', () => {
  test('the cheapest; of equal ones each in turn', async () => {
    const bench = new GatewayBench();
    const asked: string[] = [];
    const remotes = [0, 1, 2].map((index) => {
      const remote = holding(bench, index);
      return new FaultyRemote(remote, (step) => void (step === 'retrieve' && asked.push(remote.uuid)));
    });
    const [first, second, dear] = remotes as Remote[] as [Remote, Remote, Remote];
    const nodes = [bench.node(dear, { cost: 200 }), bench.node(first), bench.node(second)];
    const cluster = bench.cluster(nodes, { rng: seededRng(7) });
    for (let count = 0; count < 40; count++) await get(cluster);
    expect(new Set(asked)).toEqual(new Set([nodeUUID(0), nodeUUID(1)]));
    expect(asked.filter((uuid) => uuid === nodeUUID(0)).length).toBeGreaterThan(8);
    expect(asked.filter((uuid) => uuid === nodeUUID(1)).length).toBeGreaterThan(8);
  });

  test('of equal ones the one with the fewest downloads running, whatever ends them', async () => {
    const bench = new GatewayBench();
    const asked: string[] = [];
    const remotes = [0, 1].map((index) => {
      const remote = holding(bench, index);
      return new FaultyRemote(remote, (step) => void (step === 'retrieve' && asked.push(remote.uuid)));
    });
    const cluster = bench.cluster(remotes.map((remote) => bench.node(remote)));
    const open = async (): Promise<Content> =>
      (await cluster.retrieve(key, { offset: 0 }, contextOf())) as Content;
    const running: Content[] = [];
    for (let count = 0; count < 4; count++) running.push(await open());
    for (const uuid of [nodeUUID(0), nodeUUID(1)])
      expect(asked.filter((other) => other === uuid)).toHaveLength(2);
    await collect(running[0]!.chunks);
    for (const content of running.slice(1, 3)) await content.chunks[Symbol.asyncIterator]().return?.();
    const [busy] = asked.slice(3);
    await open();
    expect(asked.at(-1)).not.toBe(busy);
  });

  test('the gateway itself, where it has a copy and a node is logged to have one', async () => {
    const bench = new GatewayBench();
    const asked: string[] = [];
    const watched = (remote: MemoryRemote): Remote =>
      new FaultyRemote(remote, (step) => void (step === 'retrieve' && asked.push(remote.uuid)));
    const own = holding(bench, 60);
    const cluster = bench.cluster([bench.node(watched(bench.memory(0)))], { own: watched(own) });
    expect(await cluster.retrieve(key, { offset: 0 }, contextOf())).toBeUndefined();
    expect(await cluster.checkPresent(key, contextOf())).toBe(false);
    await bench.log.logChange(key, { present: [nodeUUID(0)], missing: [] });
    asked.length = 0;
    expect(bytesEqual(await get(cluster), content)).toBe(true);
    expect(asked).toEqual([nodeUUID(0), nodeUUID(60)]);
    own.contents.delete(key);
    expect(await cluster.retrieve(key, { offset: 0 }, contextOf())).toBeUndefined();
  });

  test('the gateway itself before any node that is not on this machine', async () => {
    const bench = new GatewayBench();
    const asked: string[] = [];
    const far = holding(bench, 0, false);
    const watched = new FaultyRemote(far, (step) => void (step === 'retrieve' && asked.push(far.uuid)));
    const cluster = bench.cluster([bench.node(watched)], { own: holding(bench, 60) });
    await bench.log.logChange(key, { present: [nodeUUID(0)], missing: [] });
    expect(bytesEqual(await get(cluster), content)).toBe(true);
    expect(asked).toEqual([]);
  });

  test('nodes on this machine without a look at the log', async () => {
    const bench = new GatewayBench();
    bench.log.locations = () => Promise.reject(new Error('must not be read'));
    const cluster = inOrder(bench, [bench.memory(0), holding(bench, 1)]);
    expect(bytesEqual(await get(cluster), content)).toBe(true);
    expect(await cluster.checkPresent(key, contextOf())).toBe(true);
  });

  test('far away, the one that is logged first', async () => {
    const bench = new GatewayBench();
    const asked: string[] = [];
    const remotes = [0, 1, 2].map((index) => {
      const remote = holding(bench, index, false);
      return new FaultyRemote(remote, () => void asked.push(remote.uuid));
    });
    await bench.log.logChange(key, { present: [nodeUUID(2)], missing: [] });
    const cluster = inOrder(bench, remotes);
    expect(await cluster.checkPresent(key, contextOf())).toBe(true);
    expect(asked).toEqual([nodeUUID(2)]);
    expect(bytesEqual(await get(cluster), content)).toBe(true);
    expect(new Set(asked)).toEqual(new Set([nodeUUID(2)]));
  });

  test('of those that cost the same, one behind another gateway last', async () => {
    const bench = new GatewayBench();
    for (const seed of [1, 2, 3, 4]) {
      const asked: string[] = [];
      const nodes = [0, 1, 2].map((index) => {
        const remote = new FaultyRemote(
          bench.memory(index, { local: false }),
          () => void asked.push(remote.uuid),
        );
        return bench.node(remote, index === 0 ? { gateway: nodeUUID(50) } : {});
      });
      await bench.cluster(nodes, { rng: seededRng(seed) }).retrieve(key, { offset: 0 }, contextOf());
      expect(asked.at(-1)).toBe(nodeUUID(0));
    }
  });

  test('not the one behind a gateway that was asked already', async () => {
    const bench = new GatewayBench();
    const gateway = nodeUUID(50);
    const cluster = bench.cluster([bench.node(holding(bench, 0), { gateway }), bench.node(bench.memory(1))]);
    expect(await cluster.checkPresent(key, contextOf())).toBe(true);
    expect(await cluster.checkPresent(key, contextOf(undefined, [gateway]))).toBe(false);
  });
});

describe('presence', () => {
  test('is yes when one says yes, though others are away', async () => {
    for (const local of [true, false]) {
      const bench = new GatewayBench();
      const away = new FaultyRemote(bench.memory(0, { local }), () => ({ type: 'throw' }));
      const cluster = inOrder(bench, [away, bench.memory(1, { local }), holding(bench, 2, local)]);
      expect(await cluster.checkPresent(key, contextOf())).toBe(true);
    }
  });

  test('is yes though another does not answer', async () => {
    const bench = new GatewayBench();
    const stalled = new FaultyRemote(bench.memory(0, { local: false }), () => ({ type: 'stall' }));
    const cluster = inOrder(bench, [stalled, holding(bench, 1, false)]);
    expect(await cluster.checkPresent(key, contextOf())).toBe(true);
    expect(bench.failedNodes()).toEqual([]);
  });

  test('does not wait for long for one that is not logged to have it', async () => {
    const bench = new GatewayBench();
    const stalled = new FaultyRemote(bench.memory(0, { local: false }), () => ({ type: 'stall' }));
    const cluster = inOrder(bench, [stalled, bench.memory(1, { local: false })]);
    const asking = cluster.checkPresent(key, contextOf());
    await bench.clock.advance(10_000);
    expect(await asking).toBe(false);
    expect(bench.failedNodes()).toEqual([stalled.uuid]);
  });

  test('is no only when all say no, but for those that are away and not logged to have it', async () => {
    for (const local of [true, false]) {
      const bench = new GatewayBench();
      const nodes = [0, 1, 2].map((index) => bench.memory(index, { local }));
      expect(await inOrder(bench, nodes).checkPresent(key, contextOf())).toBe(false);
      const away = new FaultyRemote(bench.memory(3, { local }), () => ({ type: 'throw' }));
      expect(await inOrder(bench, [...nodes, away]).checkPresent(key, contextOf())).toBe(false);
      const absent = inOrder(bench, [...nodes, away]).retrieve(key, { offset: 0 }, contextOf());
      expect(await absent).toBeUndefined();
      await bench.log.logChange(key, { present: [away.uuid], missing: [] });
      await expect(inOrder(bench, [...nodes, away]).checkPresent(key, contextOf())).rejects.toThrow(
        /cannot tell whether .* is present: node n03/,
      );
      await expect(
        inOrder(bench, [...nodes, away]).retrieve(key, { offset: 0 }, contextOf()),
      ).rejects.toThrow(/cannot get .*: node n03/);
      expect(await inOrder(bench, nodes).retrieve(key, { offset: 0 }, contextOf())).toBeUndefined();
    }
  });
});
