// What is left of a choice that failed, or that nobody waits for any more.
import { expect, test } from 'vitest';
import { contextOf, GatewayBench, hashKey, nodeUUID } from '../../test/support/gateway-bench.ts';
import { sampleRepositories, subjectWith } from '../../test/support/repositories.ts';
import { patterned, sendAll, uploadOf } from '../remote/conformance/check.ts';
import { FaultyRemote } from '../remote/faulty-remote.ts';
import type { LiveSizes } from './live-sizes.ts';
import { MemorySizes } from './memory-sizes.ts';
import { PreferredPlacement } from './preferred-placement.ts';

const content = patterned(100, 1);
const key = hashKey(content);
const uuids = [0, 1, 2].map(nodeUUID);

function placementBy(bench: GatewayBench, sizes: LiveSizes): PreferredPlacement {
  const repositories = sampleRepositories(
    Object.fromEntries(uuids.map((uuid) => [uuid, { maxSize: 1000n }])),
  );
  return new PreferredPlacement({
    facts: {
      repositories: () => Promise.resolve(repositories),
      subject: (ofKey, { file }) => Promise.resolve(subjectWith({ key: ofKey, file, locations: new Set() })),
    },
    sizes,
    report: bench.report,
  });
}

function memorySizes(): MemorySizes {
  return new MemorySizes(uuids.map((uuid) => [uuid, 0n]));
}

test('room is given up where it cannot be reserved at all nodes', async () => {
  const bench = new GatewayBench();
  const memory = memorySizes();
  let calls = 0;
  const placement = placementBy(bench, {
    exclusively: (judge) =>
      memory.exclusively((ledger) =>
        judge({
          sizeOf: (uuid) => ledger.sizeOf(uuid),
          reserve: (ofKey, at) => {
            if (++calls === 2) throw new Error('no space left on device');
            return ledger.reserve(ofKey, at);
          },
        }),
      ),
  });
  const nodes = [0, 1].map((index) => bench.node(bench.memory(index)));
  const cluster = bench.cluster(nodes, { placement });
  await expect(cluster.store(key, {}, contextOf())).rejects.toThrow('no space left');
  expect(memory.sizeOf(nodeUUID(0))).toBe(0n);
});

test('an upload that a node takes goes on though no other can be chosen in place of one that is away', async () => {
  const bench = new GatewayBench();
  const memory = memorySizes();
  let calls = 0;
  const placement = placementBy(bench, {
    exclusively: async (judge) => {
      if (++calls === 2) throw new Error('the lock cannot be read');
      return await memory.exclusively(judge);
    },
  });
  const away = new FaultyRemote(bench.memory(1), () => ({ type: 'throw' }));
  const nodes = [bench.memory(0), away].map((remote) => bench.node(remote));
  const upload = uploadOf(await bench.cluster(nodes, { placement }).store(key, {}, contextOf()));
  await sendAll(upload, content);
  expect(await upload.finish('valid')).toMatchObject({ stored: true, plusUUIDs: [nodeUUID(0)] });
  expect(bench.events.filter(({ type }) => type === 'warning')).toHaveLength(1);
});

test('who is gone does not wait for others to have looked for room', async () => {
  const bench = new GatewayBench();
  const busy: LiveSizes = {
    exclusively: (_, { signal } = {}) =>
      new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error)),
      ),
  };
  const placement = placementBy(bench, busy);
  const stop = new AbortController();
  const node = bench.node(bench.memory(0));
  const targets = [bench.cluster([node], { placement }), bench.proxied(node.remote, placement)];
  const storing = targets.map((target) => target.store(key, {}, contextOf(stop.signal)));
  setImmediate(() => stop.abort(new Error('gone')));
  for (const each of await Promise.allSettled(storing))
    expect(each).toMatchObject({ status: 'rejected', reason: { message: 'gone' } });
});
