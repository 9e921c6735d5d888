import { expect, test } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { TokenBucket } from './token-bucket.ts';

test('gives a burst, then as many as come in', async () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, clock);
  expect([1, 2, 3, 4].map(() => bucket.tryTake())).toEqual([0, 0, 0, 0.5]);
  await clock.advance(500);
  expect([bucket.tryTake(), bucket.tryTake()]).toEqual([0, 0.5]);
  bucket.giveBack();
  expect(bucket.tryTake()).toBe(0);
  await clock.advance(60_000);
  expect([1, 2, 3, 4].map(() => bucket.tryTake())).toEqual([0, 0, 0, 0.5]);
});

test('what is spent beyond it is a debt that all wait for', async () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket({ perSecond: 100 }, clock);
  expect([bucket.spend(100), bucket.spend(200), bucket.spend(50)]).toEqual([0, 2, 2.5]);
  await clock.advance(2500);
  expect(bucket.spend(10)).toBeCloseTo(0.1);
});
