// Properties: whatever goes wrong at whatever moment, and however operations overlap, what is said to be stored is there
// and verifies, what is said to be removed is gone, and the location log says what is true.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contextOf, GatewayBench, hashKey, seededRng } from '../../test/support/gateway-bench.ts';
import { settle } from '../../test/support/manual-clock.ts';
import { patterned } from '../remote/conformance/check.ts';
import { FaultyRemote, type Fault, type FaultyStep } from '../remote/faulty-remote.ts';
import type { MemoryRemote } from '../remote/memory-remote.ts';
import type { Remote, Stored } from '../remote/remote.ts';
import type { UUID } from '../types/uuid.ts';
import { bytesEqual, collect } from '../util/bytes.ts';

const content = patterned(2000, 1);
const key = hashKey(content);
const nothing = new Uint8Array(0);

const steps: readonly FaultyStep[] = [
  ...(['checkPresent', 'retrieve', 'chunk', 'store', 'send', 'finish', 'remove', 'timestamp'] as const),
];
const faults: readonly Fault[] = [
  { type: 'throw' },
  { type: 'short' },
  { type: 'wrong' },
  { type: 'refuse', code: 'no-space' },
  { type: 'refuse', code: 'busy' },
];

/** When a fault happens: the node, the step, and the how-manieth time of it. */
const someFaults = fc.array(
  fc.record({
    node: fc.nat({ max: 2 }),
    step: fc.constantFrom(...steps),
    time: fc.nat({ max: 3 }),
    fault: fc.constantFrom(...faults),
  }),
  { maxLength: 6 },
);

type SomeFaults = typeof someFaults extends fc.Arbitrary<infer T> ? T : never;

const operations = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant('store' as const),
      on: fc.nat({ max: 3 }),
      stopAt: fc.option(fc.nat({ max: 2000 }), { nil: undefined }),
      pause: fc.nat({ max: 6 }),
    }),
    fc.record({ type: fc.constant('remove' as const), on: fc.nat({ max: 3 }), pause: fc.nat({ max: 6 }) }),
    fc.record({ type: fc.constant('get' as const), on: fc.nat({ max: 3 }), pause: fc.nat({ max: 6 }) }),
  ),
  { minLength: 1, maxLength: 8 },
);

type Operation = typeof operations extends fc.Arbitrary<readonly (infer T)[]> ? T : never;

class Scene {
  readonly bench: GatewayBench = new GatewayBench();
  readonly memory: readonly MemoryRemote[];
  /** The cluster, and each of its nodes by itself. */
  readonly doors: readonly Remote[];

  constructor(plan: SomeFaults, delays: number, local: boolean) {
    const rng = seededRng(delays);
    this.memory = [0, 1, 2].map((index) => this.bench.memory(index, { local }));
    const nodes = this.memory.map((remote, node) => {
      const times = new Map<FaultyStep, number>();
      return new FaultyRemote(remote, (step) => {
        const time = times.get(step) ?? 0;
        times.set(step, time + 1);
        const due = plan.find((entry) => entry.node === node && entry.step === step && entry.time === time);
        if (due !== undefined) return due.fault;
        // Answers take their time, so that operations overlap in every way.
        return delays === 0 ? undefined : { type: 'wait', until: turns((rng.bytes(1)[0] ?? 0) % 4) };
      });
    });
    const cluster = this.bench.cluster(nodes.map((remote) => this.bench.node(remote)));
    this.doors = [cluster, ...nodes.map((remote) => this.bench.proxied(remote))];
  }

  async run(operation: Operation): Promise<void> {
    const door = this.doors[operation.on] as Remote;
    await turns(operation.pause);
    if (operation.type === 'store') await this.#store(door, operation.stopAt);
    if (operation.type === 'remove') await door.remove(key, {}, contextOf());
    if (operation.type === 'get') await this.#get(door);
  }

  async #store(door: Remote, stopAt: number | undefined): Promise<void> {
    const controller = new AbortController();
    const answer = await door.store(key, {}, contextOf(controller.signal));
    if (answer.type !== 'upload') return;
    for (let start = answer.offset; start < content.length; start += 500) {
      if (stopAt !== undefined && start >= stopAt) {
        controller.abort(new Error('gone'));
        return;
      }
      const chunk = content.slice(start, start + 500);
      await answer.send(chunk);
      chunk.fill(0xbb);
    }
    await answer.finish('valid');
  }

  async #get(door: Remote): Promise<void> {
    const found = await door.retrieve(key, { offset: 0 }, contextOf());
    if (found !== undefined) await collect(found.chunks);
  }

  /** What is not as it should be: other bytes in a node, a log that is not true, or a transfer that counts after its end. */
  async problems(): Promise<readonly string[]> {
    await settle();
    const holders = this.memory.filter((remote) => remote.contents.has(key));
    const spoiled = holders.filter((remote) => !bytesEqual(remote.contents.get(key) ?? nothing, content));
    const there = holders.map(({ uuid }) => uuid).join(' ');
    const logged = (await this.bench.logged(key)).join(' ');
    const busy = this.memory.filter(({ uuid }) => this.bench.loads.running(uuid) !== 0);
    return [
      ...busy.map(({ uuid }) => `${uuid} counts as busy for ever`),
      ...spoiled.map(({ uuid }) => `${uuid} has other bytes`),
      ...(there === logged ? [] : [`it is in: ${there}; the log has: ${logged}`]),
    ];
  }

  has(uuid: UUID): boolean {
    return this.memory.some((remote) => remote.uuid === uuid && remote.contents.has(key));
  }

  get isAnywhere(): boolean {
    return this.memory.some((remote) => remote.contents.has(key));
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('one operation after the other, with faults: the log says what is true', async () => {
  const property = fc.asyncProperty(someFaults, operations, fc.boolean(), async (plan, all, local) => {
    const scene = new Scene(plan, 0, local);
    for (const operation of all) {
      await scene.run(operation).catch(() => undefined);
      expect(await scene.problems()).toEqual([]);
    }
  });
  await expect(fc.assert(property, { numRuns: 300 })).resolves.toBeUndefined();
});

test('operations that overlap: the log ends with what is true', async () => {
  const delays = fc.integer({ min: 1, max: 1_000_000 });
  const property = fc.asyncProperty(operations, delays, fc.boolean(), async (all, delay, local) => {
    const scene = new Scene([], delay, local);
    await Promise.allSettled(all.map((operation) => scene.run(operation)));
    expect(await scene.problems()).toEqual([]);
  });
  await expect(fc.assert(property, { numRuns: 200 })).resolves.toBeUndefined();
});

test('what is said is true at that moment, with faults', async () => {
  const property = fc.asyncProperty(someFaults, fc.boolean(), async (plan, local) => {
    const scene = new Scene(plan, 0, local);
    const cluster = scene.doors[0] as Remote;
    const stored = await storeAll(cluster);
    expect(stored.plusUUIDs.filter((uuid) => !scene.has(uuid))).toEqual([]);
    expect(stored.stored).toBe(scene.isAnywhere);
    const present = await cluster.checkPresent(key, contextOf()).catch(() => scene.isAnywhere);
    expect(present).toBe(scene.isAnywhere);
    const removed = await cluster.remove(key, {}, contextOf());
    expect(removed.plusUUIDs.filter((uuid) => scene.has(uuid))).toEqual([]);
    expect(removed.removed && scene.isAnywhere).toBe(false);
  });
  await expect(fc.assert(property, { numRuns: 300 })).resolves.toBeUndefined();
});

test('a download gives the content or fails, and never other bytes of an honest node', async () => {
  const honest = someFaults.map((plan) => plan.filter(({ fault }) => fault.type !== 'wrong'));
  const property = fc.asyncProperty(
    honest,
    fc.nat({ max: 2100 }),
    fc.boolean(),
    async (plan, offset, local) => {
      const scene = new Scene(plan, 0, local);
      for (const remote of scene.memory) remote.contents.set(key, content);
      const expected = content.subarray(offset);
      const found = await scene.doors[0]?.retrieve(key, { offset }, contextOf()).catch(() => undefined);
      const bytes = found === undefined ? expected : await collect(found.chunks).catch(() => expected);
      expect(bytesEqual(bytes, expected)).toBe(true);
    },
  );
  await expect(fc.assert(property, { numRuns: 300 })).resolves.toBeUndefined();
});

async function storeAll(remote: Remote): Promise<Stored> {
  const failed: Stored = { stored: false, reason: '', plusUUIDs: [] };
  const answer = await remote.store(key, {}, contextOf());
  if (answer.type !== 'upload') return failed;
  return answer.send(content).then(
    () => answer.finish('valid'),
    () => failed,
  );
}
