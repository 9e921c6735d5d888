import { describe, expect, test } from 'vitest';
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
    const sinceSeconds = clock.elapsedSeconds();
    await clock.advance(tookMs);
    const error = failure.remember(new Error('away'), sinceSeconds);
    await clock.advance(lastsMs - 1);
    expect(() => failure.throwIfRecent()).toThrow(error);
    await clock.advance(1);
    failure.throwIfRecent();
  }
});

describe('what took long to fail', () => {
  /** Attempts that take ten seconds while it is away, and none when it is back; aborted ones end at once. */
  function setUp(): {
    readonly clock: ManualClock;
    readonly failure: RecentFailure;
    readonly attempts: { begun: number; running: number };
    readonly comeBack: () => void;
    readonly ask: (waitMs: number) => Promise<string>;
  } {
    const clock = new ManualClock();
    const failure = new RecentFailure(clock);
    const attempts = { begun: 0, running: 0 };
    let isBack = false;
    const retry = async (signal: AbortSignal): Promise<void> => {
      attempts.begun++;
      if (isBack) return;
      attempts.running++;
      const sinceSeconds = clock.elapsedSeconds();
      await new Promise<void>((resolve) => {
        clock.after(10_000, resolve);
        signal.addEventListener('abort', () => resolve());
      });
      attempts.running--;
      signal.throwIfAborted();
      throw failure.remember(new Error('away'), sinceSeconds);
    };
    failure.remember(new Error('away'), clock.elapsedSeconds() - 10);
    return {
      clock,
      failure,
      attempts,
      comeBack: () => {
        isBack = true;
      },
      ask: async (waitMs) => {
        const asking = failure.retryIfRecent(retry).then(() => 'back', String);
        await clock.advance(waitMs);
        return await asking;
      },
    };
  }

  test('is tried anew each second, with two attempts at a time, for as long as somebody asks', async () => {
    const { clock, failure, attempts, ask } = setUp();
    expect(await ask(5000)).toBe('Error: away');
    expect(await ask(1000)).toBe('Error: away');
    expect(attempts).toEqual({ begun: 7, running: 2 });
    await clock.advance(60_000);
    expect(attempts.running).toBe(0);
    const { begun } = attempts;
    await clock.advance(60_000);
    expect(attempts.begun).toBe(begun);
    failure.throwIfRecent();
  });

  test('is back for who asks a second after it is, though older attempts still wait', async () => {
    const { attempts, comeBack, ask } = setUp();
    expect(await ask(5000)).toBe('Error: away');
    comeBack();
    expect(await ask(1000)).toBe('back');
    expect(attempts.running).toBe(0);
  });
});
