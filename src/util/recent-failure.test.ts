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

test('what took long to fail is remembered as long, up to thirty seconds', async () => {
  const clock = new ManualClock();
  for (const [tookMs, lastsMs] of [
    [4000, 4000],
    [60_000, 30_000],
  ] as const) {
    const failure = new RecentFailure(clock);
    const sinceSeconds = clock.monotonicSeconds();
    await clock.advance(tookMs);
    const error = failure.remember(new Error('away'), sinceSeconds);
    await clock.advance(lastsMs - 1);
    expect(() => failure.throwIfRecent()).toThrow(error);
    await clock.advance(1);
    failure.throwIfRecent();
  }
});

test('meanwhile it is tried again in the background, for as long as somebody asks', async () => {
  const clock = new ManualClock();
  const failure = new RecentFailure(clock);
  let tries = 0;
  let isBack = false;
  const retry = async (): Promise<void> => {
    tries++;
    const sinceSeconds = clock.monotonicSeconds();
    await new Promise<void>((resolve) => clock.after(10_000, resolve));
    if (!isBack) throw failure.remember(new Error('away'), sinceSeconds);
  };
  await failure.retryIfRecent(retry);
  await Promise.all([retry().catch(() => undefined), clock.advance(10_000)]);
  for (const _ of [1, 2]) {
    const asking = failure.retryIfRecent(retry).catch(String);
    await clock.advance(1000);
    expect(await asking).toBe('Error: away');
  }
  expect(tries).toBe(2);
  await clock.advance(60_000);
  // The last one began before half a minute was over.
  expect(tries).toBe(4);
  failure.throwIfRecent();

  isBack = true;
  failure.remember(new Error('away'), clock.monotonicSeconds() - 30);
  const asking = failure.retryIfRecent(retry).catch(String);
  await clock.advance(1000);
  expect(await asking).toBe('Error: away');
  await clock.advance(10_000);
  failure.throwIfRecent();
});
