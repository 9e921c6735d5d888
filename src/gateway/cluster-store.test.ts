// Uploads to a cluster: which nodes take part, from where, and what is said and logged of them.
import { describe, expect, test } from 'vitest';
import {
  clusterUUID,
  contextOf,
  faultyCluster,
  GatewayBench,
  gatewayUUID,
  hashKey,
  makeDigest,
  nodeUUID,
  placeByNumber,
  unverifiableKey,
} from '../../test/support/gateway-bench.ts';
import { settle } from '../../test/support/manual-clock.ts';
import { patterned, sendAll, uploadOf } from '../remote/conformance/check.ts';
import { bytesEqual } from '../util/bytes.ts';
import { FaultyRemote, type Fault, type FaultyStep } from '../remote/faulty-remote.ts';
import type { Remote } from '../remote/remote.ts';

const content = patterned(200_000, 1);
const key = hashKey(content);
const nothing = new Uint8Array(0);

describe('which nodes it reached', () => {
  test('all nodes: said, logged, and there', async () => {
    const { bench, memory, cluster } = faultyCluster();
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    await sendAll(upload, content);
    const stored = await upload.finish('valid');
    expect(stored).toEqual({ stored: true, plusUUIDs: [nodeUUID(0), nodeUUID(1), nodeUUID(2)] });
    expect(await bench.logged(key)).toEqual([nodeUUID(0), nodeUUID(1), nodeUUID(2)]);
    for (const remote of memory) expect(bytesEqual(remote.contents.get(key) ?? nothing, content)).toBe(true);
    expect(bench.clock.waiting).toBe(0);
  });

  test.each<[string, Partial<Record<FaultyStep, Fault>>]>([
    ['is away', { store: { type: 'throw' } }],
    ['refuses', { store: { type: 'refuse', code: 'no-space' } }],
    ['fails at a chunk', { send: { type: 'throw' } }],
    ['gets other bytes', { send: { type: 'wrong' } }],
    ['fails at the end', { finish: { type: 'throw' } }],
  ])('a node that %s concerns itself alone', async (_, faults) => {
    const { bench, memory, cluster } = faultyCluster({ 1: faults });
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    await sendAll(upload, content);
    expect(await upload.finish('valid')).toEqual({ stored: true, plusUUIDs: [nodeUUID(0), nodeUUID(2)] });
    expect(await bench.logged(key)).toEqual([nodeUUID(0), nodeUUID(2)]);
    expect(memory[1]?.contents.has(key)).toBe(false);
    expect(bench.failedNodes()).toEqual([nodeUUID(1)]);
    // No upload was left open in it.
    expect((await memory[1]?.store(key, {}, contextOf()))?.type).toBe('upload');
  });

  test('a node that had it is said and logged at once', async () => {
    const { bench, memory, cluster } = faultyCluster();
    memory[2]?.contents.set(key, content);
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    expect(await bench.logged(key)).toEqual([nodeUUID(2)]);
    await sendAll(upload, content);
    const stored = await upload.finish('valid');
    expect([...stored.plusUUIDs].sort()).toEqual([nodeUUID(0), nodeUUID(1), nodeUUID(2)]);
  });

  test('a node that had it, and lost it meanwhile, is not said', async () => {
    const { memory, cluster } = faultyCluster();
    memory[2]?.contents.set(key, content);
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    memory[2]?.contents.delete(key);
    await sendAll(upload, content);
    expect((await upload.finish('valid')).plusUUIDs).toEqual([nodeUUID(0), nodeUUID(1)]);
  });

  test('all nodes have it', async () => {
    const { bench, memory, cluster } = faultyCluster();
    for (const remote of memory) remote.contents.set(key, content);
    expect(await cluster.store(key, {}, contextOf())).toEqual({
      type: 'already-have',
      plusUUIDs: [nodeUUID(0), nodeUUID(1), nodeUUID(2)],
    });
    expect(await bench.logged(key)).toHaveLength(3);
  });

  test('nodes that are logged to have it are not asked', async () => {
    const { bench, memory, cluster } = faultyCluster();
    await bench.log.logChange(key, { present: [nodeUUID(0)], missing: [] });
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    await sendAll(upload, content);
    expect((await upload.finish('valid')).plusUUIDs).toEqual([nodeUUID(1), nodeUUID(2)]);
    expect(memory[0]?.contents.has(key)).toBe(false);
  });

  test('where all are logged to have it, all are asked', async () => {
    const { bench, cluster } = faultyCluster();
    const all = [0, 1, 2].map(nodeUUID);
    await bench.log.logChange(key, { present: all, missing: [] });
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    await sendAll(upload, content);
    expect((await upload.finish('valid')).plusUUIDs).toEqual(all);
  });

  test('neither the cluster nor the gateway is said or logged', async () => {
    const bench = new GatewayBench();
    const node = bench.memory(0);
    const nested: Remote = {
      uuid: node.uuid,
      traits: node.traits,
      checkPresent: (...args) => node.checkPresent(...args),
      lockContent: (...args) => node.lockContent(...args),
      retrieve: (...args) => node.retrieve(...args),
      timestamp: (...args) => node.timestamp(...args),
      store: () =>
        Promise.resolve({ type: 'already-have', plusUUIDs: [clusterUUID, gatewayUUID, nodeUUID(7)] }),
      remove: () => Promise.resolve({ removed: true, plusUUIDs: [clusterUUID, gatewayUUID, nodeUUID(7)] }),
    };
    const cluster = bench.cluster([bench.node(nested)]);
    const answer = await cluster.store(key, {}, contextOf());
    expect(answer).toMatchObject({ plusUUIDs: [nodeUUID(0), gatewayUUID, nodeUUID(7)] });
    expect(await bench.logged(key)).toEqual([nodeUUID(0), nodeUUID(7)]);
    const removed = await cluster.remove(key, {}, contextOf());
    expect(removed.plusUUIDs).not.toContain(clusterUUID);
    expect(await bench.logged(key)).toEqual([]);
  });
});

describe('no node', () => {
  test('can take it: refused, with each reason', async () => {
    const { bench, cluster } = faultyCluster({
      0: { store: { type: 'refuse', code: 'no-space' } },
      1: { store: { type: 'throw' } },
      2: { store: { type: 'refuse', code: 'busy' } },
    });
    const answer = await cluster.store(key, {}, contextOf());
    expect(answer).toMatchObject({ type: 'refused', code: 'busy' });
    expect(answer).toHaveProperty('reason', expect.stringMatching(/n00: .*n01: .*n02: /));
    expect(bench.failedNodes()).toEqual([0, 1, 2].map(nodeUUID));
  });

  test('is there', async () => {
    const answer = await new GatewayBench().cluster([]).store(key, {}, contextOf());
    expect(answer).toMatchObject({ type: 'refused', code: 'unavailable' });
  });

  test('is left after a chunk: send rejects, and names them', async () => {
    const throws: Partial<Record<FaultyStep, Fault>> = { send: { type: 'throw' } };
    const { cluster } = faultyCluster({ 0: throws, 1: throws, 2: throws });
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    await expect(sendAll(upload, content)).rejects.toThrow(/n00: .*n01: .*n02: /);
    await expect(upload.finish('valid')).rejects.toThrow('over');
  });

  test('stores wrong content', async () => {
    const { bench, cluster } = faultyCluster();
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    await sendAll(upload, patterned(content.length, 2));
    expect(await upload.finish('valid')).toMatchObject({ stored: false, plusUUIDs: [] });
    expect(await bench.logged(key)).toEqual([]);
  });
});

describe('where the bytes begin', () => {
  test('at the smallest offset; each node gets its own bytes, and nothing is hashed twice', async () => {
    const { bench, memory, cluster } = faultyCluster();
    memory[0]?.partials.set(key, content.slice(0, 150_000));
    memory[1]?.partials.set(key, content.slice(0, 70_001));
    memory[2]?.partials.set(key, content.slice(0, 200_000));
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    expect(upload.offset).toBe(70_001);
    await sendAll(upload, content);
    expect((await upload.finish('valid')).plusUUIDs).toHaveLength(3);
    for (const remote of memory) expect(bytesEqual(remote.contents.get(key) ?? nothing, content)).toBe(true);
    expect(await bench.logged(key)).toHaveLength(3);
  });

  test('one node has a part, the others begin: they share one digest', async () => {
    const bench = new GatewayBench();
    let hashedBytes = 0;
    const counted: typeof makeDigest = (of) => {
      const digest = makeDigest(of);
      return {
        update(chunk) {
          hashedBytes += chunk.length;
          digest.update(chunk);
        },
        matches: () => digest.matches(),
      };
    };
    const memory = [0, 1, 2].map((index) => bench.memory(index));
    memory[0]?.partials.set(key, content.slice(0, 150_000));
    const nodes = memory.map((remote) => bench.node(remote));
    const cluster = bench.cluster(nodes, { makeDigest: counted });
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    expect(upload.offset).toBe(0);
    await sendAll(upload, content);
    expect((await upload.finish('valid')).plusUUIDs).toHaveLength(3);
    expect(hashedBytes).toBe(content.length);
  });

  test('a node whose part is longer than the content keeps it only if it verifies', async () => {
    const { bench, memory, cluster } = faultyCluster();
    const sizeless = unverifiableKey('sizeless', undefined);
    memory[1]?.partials.set(sizeless, content.slice(0, 500));
    const upload = uploadOf(await cluster.store(sizeless, {}, contextOf()));
    await sendAll(upload, content.subarray(0, 300));
    expect((await upload.finish('valid')).plusUUIDs).toEqual([nodeUUID(0), nodeUUID(2)]);
    expect(memory[1]?.partials.has(sizeless)).toBe(false);
    expect(await bench.logged(sizeless)).toEqual([nodeUUID(0), nodeUUID(2)]);
  });

  test('a sender that can only go on leaves out nodes that lack what came before', async () => {
    const { bench, memory, cluster } = faultyCluster();
    memory[0]?.partials.set(key, content.slice(0, 150_000));
    memory[1]?.partials.set(key, content.slice(0, 99_999));
    const upload = uploadOf(await cluster.store(key, { from: 100_000 }, contextOf()));
    expect(upload.offset).toBe(150_000);
    await sendAll(upload, content);
    expect((await upload.finish('valid')).plusUUIDs).toEqual([nodeUUID(0)]);
    expect(memory[1]?.partials.get(key)).toHaveLength(99_999);
    memory[0]?.contents.delete(key);
    const none = await cluster.store(hashKey(patterned(9, 9)), { from: 5 }, contextOf());
    expect(none).toMatchObject({ type: 'refused', code: 'behind' });
    expect(none.type === 'refused' ? none.reason : '').toContain('from byte 5');
    // The nodes that were left out, and not those of a sender that is wrong.
    expect(bench.failedNodes()).toEqual([nodeUUID(1), nodeUUID(2)]);
  });

  test('an aborted upload keeps its parts in every node', async () => {
    const { memory, cluster } = faultyCluster();
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    await sendAll(upload, content.subarray(0, 60_000));
    await upload.abort();
    for (const remote of memory)
      expect(bytesEqual(remote.partials.get(key) ?? nothing, content.slice(0, 60_000))).toBe(true);
    const next = uploadOf(await cluster.store(key, {}, contextOf()));
    expect(next.offset).toBe(60_000);
  });
});

describe('whoever goes away', () => {
  test('ends the upload in every node, and no node is blamed', async () => {
    const { bench, memory, cluster } = faultyCluster();
    const controller = new AbortController();
    const upload = uploadOf(await cluster.store(key, {}, contextOf(controller.signal)));
    await sendAll(upload, content.subarray(0, 50_000));
    controller.abort(new Error('gone'));
    await settle();
    for (const remote of memory) expect(remote.partials.get(key)).toHaveLength(50_000);
    expect(bench.events).toEqual([]);
    uploadOf(await cluster.store(key, {}, contextOf()));
  });

  test('while nodes are asked leaves no upload open', async () => {
    let open = (): void => undefined;
    const until = new Promise<void>((resolve) => (open = resolve));
    const { cluster, memory } = faultyCluster({ 1: { store: { type: 'wait', until } } });
    const controller = new AbortController();
    const reason = new Error('gone');
    const beginning = cluster.store(key, {}, contextOf(controller.signal));
    await settle();
    controller.abort(reason);
    open();
    await expect(beginning).rejects.toBe(reason);
    for (const remote of memory) expect((await remote.store(key, {}, contextOf())).type).toBe('upload');
  });
});

test('a log that cannot be written is a failure, and leaves no upload open', async () => {
  const { bench, memory, cluster } = faultyCluster();
  memory[0]?.contents.set(key, content);
  bench.log.logChange = () => Promise.reject(new Error('disk full'));
  await expect(cluster.store(key, {}, contextOf())).rejects.toThrow('disk full');
  expect((await memory[1]?.store(key, {}, contextOf()))?.type).toBe('upload');
});

test('a spare node takes the place of one that fails before the first byte', async () => {
  const bench = new GatewayBench();
  const remotes = [0, 1, 2, 3].map((index) => bench.memory(index));
  const away = new FaultyRemote(remotes[0] as Remote, () => ({ type: 'throw' }));
  const full = new FaultyRemote(remotes[2] as Remote, () => ({ type: 'refuse', code: 'no-space' }));
  const nodes = [away, remotes[1] as Remote, full, remotes[3] as Remote].map((remote) => bench.node(remote));
  const placement = placeByNumber([0, 1], [2, 3]);
  const upload = uploadOf(await bench.cluster(nodes, { placement }).store(key, {}, contextOf()));
  await sendAll(upload, content);
  expect((await upload.finish('valid')).plusUUIDs).toEqual([nodeUUID(1), nodeUUID(3)]);
});

test('abort waits until the nodes have let go, also when the signal was aborted before', async () => {
  const { memory, cluster } = faultyCluster();
  let letGo = false;
  for (const remote of memory) {
    const store = remote.store.bind(remote);
    remote.store = async (...args) => {
      const upload = uploadOf(await store(...args));
      const abort = async (): Promise<void> => {
        await settle();
        letGo = true;
      };
      return {
        ...upload,
        type: 'upload',
        offset: 0,
        announce: (lengthBytes) => upload.announce(lengthBytes),
        send: (chunk) => upload.send(chunk),
        abort,
      };
    };
  }
  const controller = new AbortController();
  const upload = uploadOf(await cluster.store(key, {}, contextOf(controller.signal)));
  controller.abort(new Error('gone'));
  await upload.abort();
  expect(letGo).toBe(true);
});

test('data-present asks the nodes', async () => {
  const { bench, memory, cluster } = faultyCluster();
  const upload = uploadOf(await cluster.store(key, {}, contextOf()));
  memory[1]?.contents.set(key, content);
  expect(await upload.dataPresent()).toEqual({ stored: true, plusUUIDs: [nodeUUID(1)] });
  expect(await bench.logged(key)).toEqual([nodeUUID(1)]);
});
