// The contract of a Remote that is taken into use, and that every use ends.
import { expect, test } from 'vitest';
import { contextOf, GatewayBench, hashKey, unverifiableKey } from '../../test/support/gateway-bench.ts';
import {
  isCapable,
  patterned,
  runCheck,
  uploadOf,
  type ConformanceSubject,
} from '../remote/conformance/check.ts';
import { conformanceChecks } from '../remote/conformance/checks.ts';
import type { MemoryRemote } from '../remote/memory-remote.ts';
import { UsedRemote } from './used-remote.ts';

class Uses {
  readonly bench: GatewayBench = new GatewayBench();
  readonly memory: MemoryRemote = this.bench.memory(0);
  readonly remote: UsedRemote;
  taken = 0;
  running = 0;

  constructor() {
    const { uuid, traits } = this.memory;
    const take = (): Promise<{ remote: MemoryRemote; end: () => void }> => {
      this.taken++;
      this.running++;
      let isOver = false;
      const end = (): void => {
        if (!isOver) this.running--;
        isOver = true;
      };
      return Promise.resolve({ remote: this.memory, end });
    };
    this.remote = new UsedRemote({ uuid, traits, clock: this.bench.clock, take });
  }
}

const subject: ConformanceSubject = {
  capabilities: new Set(['lock', 'resume', 'verify', 'busy', 'digest', 'time', 'held']),
  hashKey,
  unverifiableKey,
  open() {
    const uses = new Uses();
    const { bench, remote } = uses;
    return Promise.resolve({
      remote,
      advance: (ms: number) => bench.clock.advance(ms),
      held: () => bench.openDownloads,
      close: async () => {
        // Locks that nobody released run out.
        await bench.clock.advance(1_200_000);
        expect(uses.taken).toBeGreaterThan(0);
        expect(uses.running).toBe(0);
      },
    });
  },
};

test.each(conformanceChecks.filter((check) => isCapable(check, subject)))('$name', async (check) => {
  await expect(runCheck(check, subject)).resolves.toBeUndefined();
});

test('is in use as long as something is under way', async () => {
  const uses = new Uses();
  const { remote, memory, bench } = uses;
  const content = patterned(1000, 1);
  const key = hashKey(content);
  const upload = uploadOf(await remote.store(key, {}, contextOf()));
  expect(uses.running).toBe(1);
  await upload.abort();
  expect(uses.running).toBe(0);
  memory.contents.set(key, content);
  const download = await remote.retrieve(key, { offset: 0 }, contextOf());
  expect(uses.running).toBe(1);
  await download?.chunks[Symbol.asyncIterator]().return?.();
  expect(uses.running).toBe(0);
  const lock = await remote.lockContent(key, contextOf());
  if (!lock.locked) throw new Error(lock.reason);
  await bench.clock.advance(500_000);
  await lock.extend();
  await bench.clock.advance(500_000);
  expect(uses.running).toBe(1);
  await bench.clock.advance(100_001);
  expect(uses.running).toBe(0);
});
