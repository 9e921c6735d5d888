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
   * The same, for what may take long to fail. Where a failure is remembered that took more than a second, `retry` is begun
   * anew in the background each second, until one succeeds or nobody has asked for half a minute: what was sent on a way that
   * was cut is lost, and is sent again only after ever longer. Who asks waits for that a second at most, and five who has
   * it begin.
   * @param retry ends when it succeeded; where it throws for another reason than its signal it has called `remember`
   */
  async retryIfRecent(retry: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (!this.#isRecent()) return;
    const wasQuick = this.#untilSeconds - this.#failedSeconds <= leastSeconds;
    if (wasQuick && this.#retrying === undefined) return this.throwIfRecent();
    this.#askedSeconds = this.#clock.elapsedSeconds();
    // It may have come back since: who begins to try again gives it more time.
    const waitSeconds = this.#retrying === undefined ? firstWaitSeconds : leastSeconds;
    this.#retrying ??= this.#keepTrying(retry).finally(() => {
      this.#retrying = undefined;
    });
    await Promise.race([this.#retrying, this.#wait(waitSeconds)]);
    this.throwIfRecent();
  }

  /**
   * Returns the error, to be thrown. It is remembered for as long as the attempt took that ended with it, since whoever
   * tries again may wait as long: for a second at least, and thirty at most.
   * @param sinceSeconds monotonic, when the attempt began; now where not given
   */
  remember(error: Error, sinceSeconds: number = this.#clock.elapsedSeconds()): Error {
    this.#error = error;
    this.#failedSeconds = this.#clock.elapsedSeconds();
    const tookSeconds = this.#failedSeconds - sinceSeconds;
    this.#untilSeconds = this.#failedSeconds + Math.min(Math.max(tookSeconds, leastSeconds), mostSeconds);
    return error;
  }

  forget(): void {
    this.#error = undefined;
  }

  #isRecent(): boolean {
    if (this.#error === undefined) return false;
    return this.#retrying !== undefined || this.#clock.elapsedSeconds() < this.#untilSeconds;
  }

  /** The newest attempt, and the oldest for a way that is only slow; those between are given up. */
  async #keepTrying(retry: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const running: AbortController[] = [];
    while (this.#error !== undefined && !this.#isForgotten()) {
      const controller = new AbortController();
      running.push(controller);
      const attempt = retry(controller.signal)
        .then(() => this.forget())
        .catch(() => undefined)
        .finally(() => {
          const at = running.indexOf(controller);
          if (at !== -1) running.splice(at, 1);
        });
      for (const between of running.splice(1, running.length - 2)) between.abort(givenUp);
      await Promise.race([attempt, this.#wait(leastSeconds)]);
      if (this.#error !== undefined)
        await this.#wait(this.#failedSeconds + leastSeconds - this.#clock.elapsedSeconds());
    }
    for (const left of running.splice(0)) left.abort(givenUp);
    // It is back, or nobody tries any more, so that the next who asks does.
    this.forget();
  }

  /** Nobody has asked for a while. */
  #isForgotten(): boolean {
    return this.#clock.elapsedSeconds() - this.#askedSeconds >= mostSeconds;
  }

  async #wait(seconds: number): Promise<void> {
    if (seconds > 0) await new Promise<void>((resolve) => this.#clock.after(seconds * 1000, resolve));
  }
}

const givenUp = new Error('another attempt goes on');
const leastSeconds = 1;
const mostSeconds = 30;
const firstWaitSeconds = 5;
