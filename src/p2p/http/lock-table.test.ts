import { describe, expect, test } from 'vitest';
import { keyOf, serverUUID } from '../../../test/support/annex-server.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { systemRng } from '../../node/clock.ts';
import { digestFactory } from '../../node/hash/digest.ts';
import { MemoryRemote } from '../../remote/memory-remote.ts';
import type { Context } from '../../remote/remote.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import { LockTable } from './lock-table.ts';

const key = keyOf('abc');
const minuteMs = 60_000;
const context: Context = {
  clientUUID: serverUUID,
  bypass: [],
  requestId: 'test',
  signal: new AbortController().signal,
};

async function locked(): Promise<{
  readonly clock: ManualClock;
  readonly table: LockTable;
  readonly lockID: UUID;
  readonly isHeld: () => Promise<boolean>;
}> {
  const clock = new ManualClock();
  const remote = new MemoryRemote({ uuid: serverUUID, clock, makeDigest: digestFactory });
  remote.contents.set(key, Buffer.from('abc'));
  const table = new LockTable({ clock, rng: systemRng });
  const taken = await table.take(() => remote.lockContent(key, context));
  if (!taken.locked) throw new Error(taken.reason);
  const isHeld = async (): Promise<boolean> => {
    const { removed } = await remote.remove(key, {}, context);
    remote.contents.set(key, Buffer.from('abc'));
    return !removed;
  };
  return { clock, table, lockID: taken.lockID, isHeld };
}

describe('the table of locks', () => {
  test('a lock holds for ten minutes, and is forgotten then', async () => {
    const { clock, table, isHeld } = await locked();
    await clock.advance(10 * minuteMs - 1);
    expect([table.size, await isHeld()]).toEqual([1, true]);
    await clock.advance(1);
    expect([table.size, await isHeld(), clock.waiting]).toEqual([0, false, 0]);
  });

  test('a keeper keeps it as long as it stays, and ten minutes from its arrival at least', async () => {
    const { clock, table, lockID, isHeld } = await locked();
    await clock.advance(9 * minuteMs);
    const brief = await table.keep(lockID);
    brief?.stop();
    await clock.advance(10 * minuteMs - 1);
    expect(await isHeld()).toBe(true);
    const keeper = await table.keep(lockID);
    await clock.advance(600 * minuteMs);
    expect(await isHeld()).toBe(true);
    keeper?.stop();
    keeper?.stop();
    await clock.advance(10 * minuteMs);
    expect([table.size, await isHeld(), clock.waiting]).toEqual([0, false, 0]);
  });

  test('two keepers: the last one counts', async () => {
    const { clock, table, lockID, isHeld } = await locked();
    const [first, second] = [await table.keep(lockID), await table.keep(lockID)];
    first?.stop();
    await clock.advance(60 * minuteMs);
    expect(await isHeld()).toBe(true);
    second?.stop();
    await clock.advance(10 * minuteMs);
    expect(await isHeld()).toBe(false);
  });

  test('release ends it at once, whoever keeps it', async () => {
    const { clock, table, lockID, isHeld } = await locked();
    const keeper = await table.keep(lockID);
    await table.release(lockID);
    expect([table.size, await isHeld()]).toEqual([0, false]);
    keeper?.stop();
    await clock.advance(minuteMs);
    expect(clock.waiting).toBe(0);
    await table.release(lockID);
    expect(await table.keep(lockID)).toBeUndefined();
  });

  test('an unknown lockid is nothing', async () => {
    const { table } = await locked();
    await table.release(parseUUID('unknown')!);
    expect(await table.keep(parseUUID('unknown')!)).toBeUndefined();
  });

  test('an extension that fails is tried again while there is time', async () => {
    const clock = new ManualClock();
    const table = new LockTable({ clock, rng: systemRng });
    let [tries, untilMs] = [0, clock.now() + 10 * minuteMs];
    const taken = await table.take(() =>
      Promise.resolve({
        locked: true as const,
        get untilMs() {
          return untilMs;
        },
        extend: () => {
          tries++;
          if (tries % 3 === 0) return Promise.reject(new Error('no answer'));
          untilMs = clock.now() + 10 * minuteMs;
          return Promise.resolve();
        },
        release: () => Promise.resolve(),
      }),
    );
    if (!taken.locked) throw new Error(taken.reason);
    await table.keep(taken.lockID);
    for (let minute = 0; minute < 120; minute++) {
      await clock.advance(minuteMs);
      expect(untilMs).toBeGreaterThan(clock.now() + 5 * minuteMs);
    }
    table.close();
    expect(clock.waiting).toBe(0);
  });

  test('room is given back when a lock could not be taken', async () => {
    const table = new LockTable({ clock: new ManualClock(), rng: systemRng, maxLocks: 1 });
    for (let count = 0; count < 3; count++) {
      expect(await table.take(() => Promise.resolve({ locked: false, reason: 'absent' }))).toMatchObject({
        reason: 'absent',
      });
      await expect(table.take(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    }
  });
});
