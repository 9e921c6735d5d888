import { expect, test } from 'vitest';
import { systemClock, systemRng } from './clock.ts';

test('random bytes are as many as were asked for, and none are given twice', () => {
  expect(systemRng.bytes(0)).toHaveLength(0);
  for (const count of [1, 256, 257, 5000]) expect(systemRng.bytes(count)).toHaveLength(count);
  const given = Array.from({ length: 2000 }, () => Buffer.from(systemRng.bytes(16)).toString('hex'));
  expect(new Set(given).size).toBe(given.length);
  // What was given stays as it is while others are made.
  const [first, copy] = [systemRng.bytes(16), new Uint8Array(16)];
  copy.set(first);
  systemRng.bytes(200);
  expect(first).toEqual(copy);
});

test('the wall clock and the monotonic clock go on', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
  const seconds = systemClock.monotonicSeconds();
  expect(systemClock.monotonicSeconds()).toBeGreaterThanOrEqual(seconds);
});
