/**
 * Remembers a failure for a while, so that what cannot be reached is tried now and then and not by every request: the
 * others fail at once, with the same reason.
 */

import type { Clock } from './clock.ts';

export class RecentFailure {
  readonly #clock: Clock;
  #error: Error | undefined;
  #failedSeconds = Number.NEGATIVE_INFINITY;
  #untilSeconds = Number.NEGATIVE_INFINITY;
  #askedSeconds = Number.NEGATIVE_INFINITY;
  #retrying: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws what is remembered. */
  throwIfRecent(): void {
    if (this.#error !== undefined && this.#isRecent()) throw this.#error;
  }

  /**
   * The same, for what may take long to fail. Where a failure is remembered that took more than a second, `retry` goes on
   * trying in the background, once a second at most, until it succeeds or nobody has asked for half a minute. Who asks waits
   * for it a second at most.
   * @param retry ends when it succeeded; where it throws it has called `remember`
   */
  async retryIfRecent(retry: () => Promise<void>): Promise<void> {
    if (!this.#isRecent()) return;
    if (this.#untilSeconds - this.#failedSeconds <= leastSeconds) return this.throwIfRecent();
    this.#askedSeconds = this.#clock.monotonicSeconds();
    this.#retrying ??= this.#keepTrying(retry).finally(() => {
      this.#retrying = undefined;
    });
    await Promise.race([this.#retrying, this.#wait(leastSeconds)]);
    this.throwIfRecent();
  }

  /**
   * Returns the error, to be thrown. It is remembered for as long as the attempt took that ended with it, since whoever
   * tries again may wait as long: for a second at least, and thirty at most.
   * @param sinceSeconds monotonic, when the attempt began; now where not given
   */
  remember(error: Error, sinceSeconds: number = this.#clock.monotonicSeconds()): Error {
    this.#error = error;
    this.#failedSeconds = this.#clock.monotonicSeconds();
    const tookSeconds = this.#failedSeconds - sinceSeconds;
    this.#untilSeconds = this.#failedSeconds + Math.min(Math.max(tookSeconds, leastSeconds), mostSeconds);
    return error;
  }

  forget(): void {
    this.#error = undefined;
  }

  #isRecent(): boolean {
    return this.#error !== undefined && this.#clock.monotonicSeconds() < this.#untilSeconds;
  }

  async #keepTrying(retry: () => Promise<void>): Promise<void> {
    while (this.#error !== undefined && this.#clock.monotonicSeconds() - this.#askedSeconds < mostSeconds) {
      await this.#wait(this.#failedSeconds + leastSeconds - this.#clock.monotonicSeconds());
      try {
        await retry();
        this.forget();
      } catch {
        // It is remembered.
      }
    }
  }

  async #wait(seconds: number): Promise<void> {
    if (seconds > 0) await new Promise<void>((resolve) => this.#clock.after(seconds * 1000, resolve));
  }
}

const leastSeconds = 1;
const mostSeconds = 30;
