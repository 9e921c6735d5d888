/**
 * System calls without a thread, while the disk answers at once (decision 8).
 *
 * A look at an object takes the system a few microseconds when it has the directory in memory, and handing it to a thread
 * and back costs ten times that. So such calls are made directly, and timed. What the noticeably long ones take comes out
 * of an allowance that grows by a fiftieth of the time: while it is used up, the repository's calls go to threads. A call
 * can also seem long because the machine gave our processor to another program, so one long call alone changes nothing.
 */

export interface PromptCallsOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs?: (() => number) | undefined;
}

export class PromptCalls {
  readonly #nowMs: () => number;
  #allowanceMs = maxAllowanceMs;
  /** When the allowance was as stated. */
  #countedMs: number;

  constructor({ nowMs = () => performance.now() }: PromptCallsOptions = {}) {
    this.#nowMs = nowMs;
    this.#countedMs = nowMs();
  }

  /** Makes the call directly, or in a thread where the disk was slow a short while ago. Both must do the same. */
  run<T>(direct: () => T, threaded: () => Promise<T>): T | Promise<T> {
    const beginMs = this.#nowMs();
    return this.#isSlow(beginMs) ? threaded() : this.#timed(direct, beginMs);
  }

  /** Makes the call directly; undefined where the disk was slow a short while ago. */
  glance<T>(direct: () => T): T | undefined {
    const beginMs = this.#nowMs();
    return this.#isSlow(beginMs) ? undefined : this.#timed(direct, beginMs);
  }

  #isSlow(nowMs: number): boolean {
    return this.#allowanceMs + (nowMs - this.#countedMs) / restTimes < 0;
  }

  #timed<T>(direct: () => T, beginMs: number): T {
    try {
      return direct();
    } finally {
      const endMs = this.#nowMs();
      const tookMs = endMs - beginMs;
      if (tookMs > slowMs) {
        const grownMs = this.#allowanceMs + (beginMs - this.#countedMs) / restTimes;
        this.#allowanceMs = Math.min(grownMs, maxAllowanceMs) - tookMs;
        this.#countedMs = endMs;
      }
    }
  }
}

// Longer than a look into memory takes, shorter than most disks need to answer.
const slowMs = 1;
const restTimes = 50;
const maxAllowanceMs = 20;
