import { describe, expect, test } from 'vitest';
import { nodeUUID } from '../../test/support/gateway-bench.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { NodeLoads } from './node-loads.ts';

const [first, second] = [nodeUUID(0), nodeUUID(1)] as const;

function download(loads: NodeLoads, uuid: typeof first, bytesPerMs: number): void {
  const transfer = loads.begin(uuid);
  transfer.gave(bytesPerMs * 1000, 400);
  transfer.gave(bytesPerMs * 1000, 1600);
  transfer.end();
}

describe('NodeLoads', () => {
  test('counts what is running, each ended once', () => {
    const loads = new NodeLoads(new ManualClock());
    const transfers = [loads.begin(first), loads.begin(first), loads.begin(second)];
    expect([loads.running(first), loads.running(second)]).toEqual([2, 1]);
    for (const transfer of [...transfers, ...transfers]) transfer.end();
    expect([loads.running(first), loads.running(second)]).toEqual([0, 0]);
  });

  test('counts what others transfer, as it was at the last look', () => {
    const counts = new Map([[first, 2]]);
    const looks: unknown[] = [];
    const loads = new NodeLoads(new ManualClock(), {
      look: (uuids) => void looks.push(uuids),
      count: (uuid) => counts.get(uuid) ?? 0,
    });
    expect(loads.look([first, second])).toBeUndefined();
    expect(looks).toEqual([[first, second]]);
    const transfers = [loads.begin(first), loads.begin(second)];
    expect([loads.running(first), loads.running(second)]).toEqual([3, 1]);
    for (const transfer of transfers) transfer.end();
    expect([loads.running(first), loads.running(second)]).toEqual([2, 0]);
  });

  test('tells nodes apart that differ by twice the speed, and forgets after ten minutes', async () => {
    const clock = new ManualClock();
    const loads = new NodeLoads(clock);
    expect(loads.speedClass(first)).toBe(Infinity);
    download(loads, first, 100_000);
    download(loads, second, 110_000);
    expect(loads.speedClass(first)).toBe(loads.speedClass(second));
    download(loads, second, 400_000);
    expect(loads.speedClass(second)).toBeGreaterThan(loads.speedClass(first));
    await clock.advance(600_001);
    expect(loads.speedClass(second)).toBe(Infinity);
  });

  test('small transfers teach nothing', () => {
    const loads = new NodeLoads(new ManualClock());
    const transfer = loads.begin(first);
    transfer.gave(10_000, 500);
    transfer.end();
    expect(loads.speedClass(first)).toBe(Infinity);
  });
});
