/**
 * A token bucket: so many a second, and a burst of some when nothing was taken for a while. What is taken beyond what is
 * there is a debt, which later takers wait for as well.
 */

import type { Clock } from './clock.ts';

export interface Rate {
  readonly perSecond: number;
  /** How many may be taken at once; as many as come in a second where not given. */
  readonly burst?: number | undefined;
}

export class TokenBucket {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  #level: number;
  #atSeconds: number;

  constructor(rate: Rate, clock: Clock) {
    this.#clock = clock;
    this.#perSecond = rate.perSecond;
    this.#burst = rate.burst ?? rate.perSecond;
    this.#level = this.#burst;
    this.#atSeconds = clock.elapsedSeconds();
  }

  /** Takes one where there is one. @returns the seconds until there is; 0 where it was taken */
  tryTake(): number {
    this.#fill();
    if (this.#level < 1) return (1 - this.#level) / this.#perSecond;
    this.#level -= 1;
    return 0;
  }

  giveBack(): void {
    this.#level = Math.min(this.#level + 1, this.#burst);
  }

  /** Takes any amount. @returns the seconds after which the debt is paid; 0 where there is none */
  spend(amount: number): number {
    this.#fill();
    this.#level -= amount;
    return Math.max(0, -this.#level / this.#perSecond);
  }

  #fill(): void {
    const nowSeconds = this.#clock.elapsedSeconds();
    const gained = (nowSeconds - this.#atSeconds) * this.#perSecond;
    this.#atSeconds = nowSeconds;
    this.#level = Math.min(this.#level + gained, this.#burst);
  }
}
