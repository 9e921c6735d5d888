// Several uploads of one key to one cluster at the same time, from clients and by several ways through gateways.
import { describe, expect, test } from 'vitest';
import {
  contextOf,
  faultyCluster,
  GatewayBench,
  gatewayUUID,
  hashKey,
  nodeUUID,
  unverifiableKey,
} from '../../test/support/gateway-bench.ts';
import { gatewaysInARing, otherGateway, thirdGateway } from '../../test/support/gateways-bench.ts';
import { patterned, sendAll, uploadOf } from '../remote/conformance/check.ts';
import type { Remote, Upload } from '../remote/remote.ts';
import type { UUID } from '../types/uuid.ts';

const content = patterned(100_000, 5);
const key = hashKey(content);
const half = 50_000;
const all = [0, 1, 2].map(nodeUUID);

async function begin(remote: Remote, signal?: AbortSignal, bypass?: readonly UUID[]): Promise<Upload> {
  return uploadOf(await remote.store(key, {}, contextOf(signal, bypass)));
}

describe('two clients', () => {
  test('both are told that it is stored, and it was sent to the nodes once', async () => {
    const { bench, memory, cluster } = faultyCluster();
    const [first, second] = [await begin(cluster), await begin(cluster)];
    await Promise.all([sendAll(first, content), sendAll(second, content)]);
    const [one, other] = await Promise.all([first.finish('valid'), second.finish('valid')]);
    expect(one).toEqual({ stored: true, plusUUIDs: all });
    expect(other).toEqual({ stored: true, plusUUIDs: all });
    expect(await bench.logged(key)).toEqual(all);
    expect(memory.every(({ contents }) => contents.get(key)?.length === content.length)).toBe(true);
    expect(bench.failedNodes()).toEqual([]);
  });

  test.each(['first', 'second'] as const)('the %s one goes away: the other stores it', async (which) => {
    const { memory, cluster } = faultyCluster();
    const gone = new AbortController();
    const first = await begin(cluster, which === 'first' ? gone.signal : undefined);
    await first.send(content.subarray(0, half));
    const second = await begin(cluster, which === 'second' ? gone.signal : undefined);
    expect(second.offset).toBe(half);
    const stays = which === 'first' ? second : first;
    gone.abort(new Error('hung up'));
    await stays.send(content.subarray(half));
    expect(await stays.finish('valid')).toEqual({ stored: true, plusUUIDs: all });
    expect(memory.every(({ contents }) => contents.has(key))).toBe(true);
  });

  test('both go away: the nodes let go, and what came is there to resume from', async () => {
    const { memory, cluster } = faultyCluster();
    const first = await begin(cluster);
    await first.send(content.subarray(0, half));
    const second = await begin(cluster);
    await first.abort();
    await second.abort();
    expect(memory.map(({ partials }) => partials.get(key)?.length)).toEqual([half, half, half]);
    const third = await begin(cluster);
    expect(third.offset).toBe(half);
    await third.abort();
  });

  test("who only asked for the offset is in nobody's way", async () => {
    const { cluster } = faultyCluster();
    const probe = cluster.store(key, {}, contextOf());
    const upload = cluster.store(key, {}, contextOf());
    await uploadOf(await probe).abort();
    await sendAll(uploadOf(await upload), content);
    expect((await uploadOf(await upload).finish('valid')).stored).toBe(true);
  });

  test('wrong bytes of one fail both, and nothing is stored', async () => {
    const { memory, cluster } = faultyCluster();
    const [first, second] = [await begin(cluster), await begin(cluster)];
    await first.send(new Uint8Array(half));
    await sendAll(second, content);
    await first.send(content.subarray(half));
    const answers = await Promise.all([second.finish('valid'), first.finish('valid')]);
    expect(answers.map(({ stored }) => stored)).toEqual([false, false]);
    expect(memory.some(({ contents }) => contents.has(key))).toBe(false);
  });

  test("one whose content changed, or that stops early, does not end the other's", async () => {
    const { cluster } = faultyCluster();
    const first = await begin(cluster);
    for (const validity of ['invalid', 'valid'] as const) {
      const second = await begin(cluster);
      expect((await second.finish(validity)).stored).toBe(false);
    }
    await sendAll(first, content);
    expect((await first.finish('valid')).stored).toBe(true);
  });

  test('one that can only send what lies ahead is refused, and one that lies behind is not', async () => {
    const { cluster } = faultyCluster();
    const first = await begin(cluster);
    await first.send(content.subarray(0, half));
    expect(await cluster.store(key, { from: half + 1 }, contextOf())).toMatchObject({
      type: 'refused',
      code: 'behind',
    });
    const second = uploadOf(await cluster.store(key, { from: half - 1 }, contextOf()));
    expect(second.offset).toBe(half);
    await second.abort();
    await first.send(content.subarray(half));
    expect((await first.finish('valid')).stored).toBe(true);
  });

  test.each(['first', 'second'] as const)(
    'the %s one comes to its end when the other has long ended and the key was removed: it is told so',
    async (which) => {
      const { bench, cluster } = faultyCluster();
      const [first, second] = [await begin(cluster), await begin(cluster)];
      const [late, early] = which === 'first' ? [first, second] : [second, first];
      await sendAll(early, content);
      expect((await early.finish('valid')).stored).toBe(true);
      expect((await cluster.remove(key, {}, contextOf())).removed).toBe(true);
      await sendAll(late, content);
      expect((await late.finish('valid')).stored).toBe(false);
      expect(await bench.logged(key)).toEqual([]);
    },
  );

  test('one comes to its end when the other has ended, and one node has lost the key since', async () => {
    const { bench, memory, cluster } = faultyCluster();
    const [first, second] = [await begin(cluster), await begin(cluster)];
    await sendAll(first, content);
    await first.finish('valid');
    memory[0]?.contents.delete(key);
    await sendAll(second, content);
    expect(await second.finish('valid')).toEqual({ stored: true, plusUUIDs: all.slice(1) });
    expect(await bench.logged(key)).toEqual(all);
  });

  test.each(['finish', 'dataPresent'] as const)(
    'what was there when it began was removed before %s',
    async (end) => {
      const { memory, cluster } = faultyCluster();
      for (const { contents } of memory) contents.set(key, content);
      const [first, second] = await Promise.all([cluster.store(key, {}, contextOf()), begin(cluster)]);
      expect(first.type).toBe('already-have');
      await cluster.remove(key, {}, contextOf());
      await sendAll(second, content);
      expect((await second[end]('valid')).stored).toBe(false);
    },
  );

  test('a key that no hash verifies is not shared', async () => {
    const { cluster } = faultyCluster();
    const worm = unverifiableKey('w', 3);
    const first = uploadOf(await cluster.store(worm, {}, contextOf()));
    expect(await cluster.store(worm, {}, contextOf())).toMatchObject({ type: 'refused', code: 'busy' });
    await first.abort();
  });
});

describe('real git-annex sends to several gateways that know each other, each of which sends on to the others', () => {
  const uuids = [gatewayUUID, otherGateway, thirdGateway];
  const wayIn = '00000000-0000-4000-8000-00000000000c' as UUID;
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ];

  test.each(orders)('opened at once, ended one after the other: %i %i %i', async (...order) => {
    const { gateways, memory } = gatewaysInARing(new GatewayBench(), uuids);
    const uploads = await Promise.all(gateways.map(({ cluster }) => begin(cluster, undefined, [wayIn])));
    for (const upload of uploads) await sendAll(upload, content);
    for (const index of order) {
      const stored = await (uploads[index] as Upload).finish('valid');
      expect(stored.stored).toBe(true);
      expect(stored.plusUUIDs).toContain(nodeUUID(index));
    }
    expect(memory.every(({ contents }) => contents.has(key))).toBe(true);
  });

  test.each(orders)('opened one after the other, ended so too: %i %i %i', async (...order) => {
    const { gateways, memory } = gatewaysInARing(new GatewayBench(), uuids);
    const uploads: Upload[] = [];
    for (const { cluster } of gateways) uploads.push(await begin(cluster, undefined, [wayIn]));
    for (const upload of uploads) await sendAll(upload, content);
    for (const index of order) {
      expect((await (uploads[index] as Upload).finish('valid')).stored).toBe(true);
    }
    expect(memory.every(({ contents }) => contents.has(key))).toBe(true);
  });
});
