/** Checks of `remove`, with and without a deadline, and of `timestamp`. */

import { equal, makeContext, patterned, rejection, type Check } from './check.ts';

export const removeChecks: readonly Check[] = [
  {
    name: 'removes content, and can store it again',
    needs: [],
    async run(bench) {
      const content = patterned(10_000, 51);
      const key = await bench.put(content);
      equal((await bench.remote.remove(key, {}, bench.context)).removed, true, 'removed');
      await bench.lacks(key);
      await bench.put(content, key);
      await bench.holds(key, content);
    },
  },
  {
    name: 'content that is not there counts as removed',
    needs: [],
    async run(bench) {
      const key = bench.subject.hashKey(patterned(10, 52));
      equal((await bench.remote.remove(key, {}, bench.context)).removed, true, 'removed');
      equal((await bench.remote.remove(key, {}, bench.context)).removed, true, 'removed again');
    },
  },
  {
    name: 'content that is not there counts as removed, whatever the deadline',
    needs: [],
    async run(bench) {
      const key = bench.subject.hashKey(patterned(10, 59));
      const now = await bench.remote.timestamp(bench.context);
      for (const before of [now + 100, now, 0, -1]) {
        equal((await bench.remote.remove(key, { before }, bench.context)).removed, true, `before ${before}`);
      }
    },
  },
  {
    name: 'removes one key alone',
    needs: [],
    async run(bench) {
      const kept = patterned(100, 53);
      const keptKey = await bench.put(kept);
      const key = await bench.put(patterned(100, 54));
      equal((await bench.remote.remove(key, {}, bench.context)).removed, true, 'removed');
      await bench.holds(keptKey, kept);
    },
  },
  {
    name: 'tells the time in whole seconds',
    needs: [],
    async run(bench) {
      const first = await bench.remote.timestamp(bench.context);
      equal(Number.isSafeInteger(first), true, `whole seconds (${first})`);
      equal((await bench.remote.timestamp(bench.context)) >= first, true, 'time goes forward');
    },
  },
  {
    name: 'removes before a deadline',
    needs: [],
    async run(bench) {
      const key = await bench.put(patterned(100, 55));
      const before = (await bench.remote.timestamp(bench.context)) + 100;
      equal((await bench.remote.remove(key, { before }, bench.context)).removed, true, 'removed');
      await bench.lacks(key);
    },
  },
  {
    name: 'does not remove at or after a deadline',
    needs: [],
    async run(bench) {
      const content = patterned(100, 56);
      const key = await bench.put(content);
      const now = await bench.remote.timestamp(bench.context);
      for (const before of [now, now - 1, 0, -1]) {
        const answer = await bench.remote.remove(key, { before }, bench.context);
        equal(answer.removed, false, `removed before ${before}, at ${now}`);
      }
      await bench.holds(key, content);
    },
  },
  {
    name: 'does not remove when the deadline has passed meanwhile',
    needs: ['time'],
    async run(bench) {
      const content = patterned(100, 57);
      const key = await bench.put(content);
      const before = (await bench.remote.timestamp(bench.context)) + 100;
      await bench.advance(99_000);
      equal((await bench.remote.timestamp(bench.context)) >= before - 1, true, 'time was put forward');
      await bench.advance(1000);
      equal((await bench.remote.remove(key, { before }, bench.context)).removed, false, 'removed');
      await bench.holds(key, content);
    },
  },
  {
    name: 'does not remove for one who is gone',
    needs: [],
    async run(bench) {
      const content = patterned(100, 58);
      const key = await bench.put(content);
      const reason = new Error('gone');
      const context = makeContext(AbortSignal.abort(reason));
      equal(await rejection(bench.remote.remove(key, {}, context), 'remove'), reason, 'remove threw');
      await bench.holds(key, content);
    },
  },
];
