/**
 * Remembers a failure for a second, so that what cannot be reached is tried once a second and not by every request: the
 * others fail at once, with the same reason.
 */

import type { Clock } from './clock.ts';

export class RecentFailure {
  readonly #clock: Clock;
  #error: Error | undefined;
  #failedSeconds = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws what was remembered within the last second. */
  throwIfRecent(): void {
    if (this.#error !== undefined && this.#clock.monotonicSeconds() - this.#failedSeconds < retrySeconds)
      throw this.#error;
  }

  /** Returns the error, to be thrown. */
  remember(error: Error): Error {
    this.#error = error;
    this.#failedSeconds = this.#clock.monotonicSeconds();
    return error;
  }

  forget(): void {
    this.#error = undefined;
  }
}

const retrySeconds = 1;
