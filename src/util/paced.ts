/**
 * A task that many may ask for and that is not run all the time. Whoever asks gets a run that began after that, so that it
 * has seen all that was there before; those who ask meanwhile share the next one. Between two runs there is a pause, which
 * is longer where runs take long.
 */

import type { Clock } from './clock.ts';

export interface PacedOptions {
  readonly clock: Clock;
  readonly run: () => Promise<void>;
  /** From the end of a run to the beginning of the next, at least. */
  readonly pauseMs: number;
  /** The pause is so many times as long as the run before it took, at least. */
  readonly pauseFactor: number;
}

export class Paced {
  readonly #options: PacedOptions;
  #next: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();
  /** Monotonic. */
  #notBeforeSeconds = Number.NEGATIVE_INFINITY;

  constructor(options: PacedOptions) {
    this.#options = options;
  }

  /** Rejects where the run does. */
  run(): Promise<void> {
    this.#next ??= this.#begin();
    return this.#next;
  }

  async #begin(): Promise<void> {
    const { clock } = this.#options;
    await this.#running.catch(() => undefined);
    const waitSeconds = this.#notBeforeSeconds - clock.elapsedSeconds();
    if (waitSeconds > 0) {
      await new Promise<void>((resolve) => {
        clock.after(waitSeconds * 1000, resolve);
      });
    }
    this.#next = undefined;
    this.#running = this.#timed();
    await this.#running;
  }

  async #timed(): Promise<void> {
    const { clock, run, pauseMs, pauseFactor } = this.#options;
    const beganSeconds = clock.elapsedSeconds();
    try {
      await run();
    } finally {
      const endedSeconds = clock.elapsedSeconds();
      const pauseSeconds = Math.max(pauseMs / 1000, pauseFactor * (endedSeconds - beganSeconds));
      this.#notBeforeSeconds = endedSeconds + pauseSeconds;
    }
  }
}
