/** Checks of `lockContent`: what is locked cannot be removed, until the last lock ends. */

import type { Key } from '../../types/key.ts';
import type { ContentLock } from '../remote.ts';
import { equal, makeContext, patterned, type Bench, type Check } from './check.ts';

export const lockChecks: readonly Check[] = [
  {
    name: 'locks nothing that is not there',
    needs: [],
    async run(bench) {
      const key = bench.subject.hashKey(patterned(10, 61));
      const answer = await bench.remote.lockContent(key, bench.context);
      equal(answer.locked, false, 'locked');
    },
  },
  {
    name: 'does not remove what is locked, and does once it is released',
    needs: ['lock'],
    async run(bench) {
      const content = patterned(100, 62);
      const key = await bench.put(content);
      const lock = await lockOf(bench, key);
      await staysPut(bench, key);
      await bench.holds(key, content);
      await lock.release();
      equal((await bench.remote.remove(key, {}, bench.context)).removed, true, 'removed');
    },
  },
  {
    name: 'holds until the last of several locks is released',
    needs: ['lock'],
    async run(bench) {
      const key = await bench.put(patterned(100, 63));
      const locks = [await lockOf(bench, key), await lockOf(bench, key), await lockOf(bench, key)];
      for (const lock of locks) {
        await staysPut(bench, key);
        await lock.release();
      }
      equal((await bench.remote.remove(key, {}, bench.context)).removed, true, 'removed');
    },
  },
  {
    name: 'holds though the one who asked is gone',
    needs: ['lock'],
    async run(bench) {
      const key = await bench.put(patterned(100, 64));
      const controller = new AbortController();
      const lock = await bench.remote.lockContent(key, makeContext(controller.signal));
      equal(lock.locked, true, 'locked');
      controller.abort(new Error('gone'));
      await staysPut(bench, key);
      if (lock.locked) await lock.release();
    },
  },
  {
    name: 'can be released twice',
    needs: ['lock'],
    async run(bench) {
      const key = await bench.put(patterned(100, 65));
      const first = await lockOf(bench, key);
      const second = await lockOf(bench, key);
      await first.release();
      await first.release();
      await staysPut(bench, key);
      await second.release();
      equal((await bench.remote.remove(key, {}, bench.context)).removed, true, 'removed');
    },
  },
  {
    name: 'holds for ten minutes, and then no more',
    needs: ['lock', 'time'],
    async run(bench) {
      const key = await bench.put(patterned(100, 66));
      await lockOf(bench, key);
      await bench.advance(599_000);
      await staysPut(bench, key);
      await bench.advance(2000);
      equal((await bench.remote.remove(key, {}, bench.context)).removed, true, 'removed');
    },
  },
  {
    name: 'holds for ten more minutes when it is extended',
    needs: ['lock', 'time'],
    async run(bench) {
      const key = await bench.put(patterned(100, 67));
      const lock = await lockOf(bench, key);
      const untilMs = lock.untilMs;
      await bench.advance(400_000);
      await lock.extend();
      equal(lock.untilMs >= untilMs + 400_000, true, 'the end was put off');
      await bench.advance(590_000);
      await staysPut(bench, key);
      await bench.advance(11_000);
      equal((await bench.remote.remove(key, {}, bench.context)).removed, true, 'removed');
    },
  },
];

async function lockOf(bench: Bench, key: Key): Promise<ContentLock> {
  const answer = await bench.remote.lockContent(key, bench.context);
  if (!answer.locked) throw new Error(`not locked: ${answer.reason}`);
  return answer;
}

async function staysPut(bench: Bench, key: Key): Promise<void> {
  equal((await bench.remote.remove(key, {}, bench.context)).removed, false, 'removed though locked');
  const before = (await bench.remote.timestamp(bench.context)) + 1000;
  equal((await bench.remote.remove(key, { before }, bench.context)).removed, false, 'removed by a deadline');
  equal(await bench.remote.checkPresent(key, bench.context), true, 'checkPresent');
}
