import { expect, test } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { RecentFailure } from './recent-failure.ts';

test('a failure is thrown again for a second, unless it is forgotten', async () => {
  const clock = new ManualClock();
  const failure = new RecentFailure(clock);
  failure.throwIfRecent();
  const error = new Error('away');
  expect(failure.remember(error)).toBe(error);
  expect(() => failure.throwIfRecent()).toThrow(error);
  await clock.advance(999);
  expect(() => failure.throwIfRecent()).toThrow(error);
  await clock.advance(1);
  failure.throwIfRecent();
  failure.remember(error);
  failure.forget();
  failure.throwIfRecent();
});
