// Locks that are extended, run out, and cannot be extended.
import { describe, expect, test } from 'vitest';
import {
  codeOf,
  content,
  context,
  HttpClientBench,
  key,
} from '../../../../test/support/http-client-bench.ts';
import type { ContentLock } from '../../../remote/remote.ts';
import { emptyReply } from '../message.ts';

describe('locks', () => {
  async function locked(bench: HttpClientBench): Promise<ContentLock> {
    bench.memory.contents.set(key, content);
    const lock = await bench.remote.lockContent(key, context);
    if (!lock.locked) throw new Error(lock.reason);
    return lock;
  }

  test('hold as long as they are extended, without a connection, and leave nothing behind', async () => {
    const bench = new HttpClientBench();
    const lock = await locked(bench);
    for (let count = 0; count < 10; count++) {
      await bench.clock.advance(500_000);
      await Promise.all([lock.extend(), lock.extend()]);
      expect(bench.locks.size).toBe(1);
      expect((await bench.remote.remove(key, {}, context)).removed).toBe(false);
    }
    await lock.release();
    expect(bench.locks.size).toBe(0);
  });

  test('that ran out cannot be extended, and nothing new is kept', async () => {
    const bench = new HttpClientBench();
    const lock = await locked(bench);
    await bench.clock.advance(600_000);
    expect(await codeOf(lock.extend())).toBe('remote');
    expect(bench.locks.size).toBe(0);
    await lock.release();
    expect(bench.asked().filter((asked) => asked.endsWith('keeplocked')).length).toBe(1);
  });

  test('that cannot be extended hold as long as before', async () => {
    const bench = new HttpClientBench();
    const lock = await locked(bench);
    const { untilMs } = lock;
    bench.before = () => emptyReply(503);
    await bench.clock.advance(1000);
    expect(await codeOf(lock.extend())).toBe('busy');
    expect(lock.untilMs).toBe(untilMs);
    expect(await codeOf(lock.release())).toBe('busy');
  });
});
