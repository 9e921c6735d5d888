/**
 * System calls without a thread, while the disk answers at once (decision 8).
 *
 * A look at an object takes the system a few microseconds when it has the directory in memory, and handing it to a thread
 * and back costs ten times that. So such calls are made directly, and timed: after one that took noticeably long the
 * repository's calls go to threads for fifty times as long, so that waiting for the disk takes at most a fiftieth of the
 * time that belongs to all.
 */

export interface PromptCallsOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs?: (() => number) | undefined;
}

export class PromptCalls {
  readonly #nowMs: () => number;
  #slowUntilMs = Number.NEGATIVE_INFINITY;

  constructor({ nowMs = () => performance.now() }: PromptCallsOptions = {}) {
    this.#nowMs = nowMs;
  }

  /** Makes the call directly, or in a thread where the disk was slow a short while ago. Both must do the same. */
  run<T>(direct: () => T, threaded: () => Promise<T>): T | Promise<T> {
    const beginMs = this.#nowMs();
    if (beginMs < this.#slowUntilMs) return threaded();
    try {
      return direct();
    } finally {
      const endMs = this.#nowMs();
      if (endMs - beginMs > slowMs) this.#slowUntilMs = endMs + restTimes * (endMs - beginMs);
    }
  }
}

// Longer than a look into memory takes, shorter than most disks need to answer.
const slowMs = 1;
const restTimes = 50;
