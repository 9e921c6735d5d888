/** A clock that goes only when it is told to. Timers run when their time has come, in order. */

import type { Clock, Timer } from '../../src/util/clock.ts';

interface PendingTimer extends Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  /** Seconds of the monotonic clock at the beginning. */
  readonly #startSeconds: number;
  readonly #timers = new Set<PendingTimer>();
  #elapsedMs = 0;

  constructor(startSeconds: number = 5000.25) {
    this.#startSeconds = startSeconds;
  }

  now(): number {
    return 1_700_000_000_000 + this.#elapsedMs;
  }

  monotonicSeconds(): number {
    return this.#startSeconds + this.#elapsedMs / 1000;
  }

  elapsedSeconds(): number {
    return this.#elapsedMs / 1000;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer: PendingTimer = {
      atMs: this.#elapsedMs + delayMs,
      callback,
      cancel: () => void this.#timers.delete(timer),
    };
    this.#timers.add(timer);
    return timer;
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Puts the time forward, letting all that can go on do so before and after each timer. */
  async advance(ms: number): Promise<void> {
    await settle();
    const endMs = this.#elapsedMs + ms;
    for (;;) {
      const due = [...this.#timers]
        .filter(({ atMs }) => atMs <= endMs)
        .sort((left, right) => left.atMs - right.atMs)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#elapsedMs = Math.max(this.#elapsedMs, due.atMs);
      due.callback();
      await settle();
    }
    this.#elapsedMs = endMs;
    await settle();
  }
}

/** Lets all promises that can go on do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
}
