// The variable that shortens waiting in tests.
import { expect, test } from 'vitest';
import { usualLimits } from '../types/time-limits.ts';
import { testLimits } from './test-limits.ts';

test('without the variable the times are the usual ones', () => {
  expect(testLimits({})).toEqual(usualLimits);
});

test('each time can be set by itself, in seconds', () => {
  const limits = testLimits({ ANNEXUS_TEST_LIMITS: 'stall=1.5  lock=20' });
  expect(limits).toEqual({ ...usualLimits, lockMs: 20_000, stallMs: 1500 });
});

test.each(['lock', 'lock=', 'lock=-1', 'locks=5', 'stall=1s'])('%s is refused', (text) => {
  expect(() => testLimits({ ANNEXUS_TEST_LIMITS: text })).toThrow('no limit');
});
