/**
 * Those whom limits count: addresses and users. Who has a request running is remembered for as long as it runs, all
 * others only as long as there is room.
 */

import { BoundedMap } from '../../../util/bounded-map.ts';
import type { Clock } from '../../../util/clock.ts';
import { TokenBucket, type Rate } from '../../../util/token-bucket.ts';

/** What one address or one user may have; undefined: without limit. */
export interface LimitAmounts {
  readonly requests?: Rate | undefined;
  /** Requests at the same time; keeplocked counts for as long as it lasts. */
  readonly simultaneous?: number | undefined;
  /** Of request bodies. */
  readonly uploadBytesPerSecond?: number | undefined;
  /** Of replies. */
  readonly downloadBytesPerSecond?: number | undefined;
}

export interface Subject {
  readonly requests: TokenBucket | undefined;
  readonly uploads: TokenBucket | undefined;
  readonly downloads: TokenBucket | undefined;
  running: number;
}

export class Subjects {
  readonly #amounts: LimitAmounts;
  readonly #clock: Clock;
  readonly #busy = new Map<string, Subject>();
  readonly #idle: BoundedMap<string, Subject>;

  constructor(amounts: LimitAmounts, clock: Clock) {
    this.#amounts = amounts;
    this.#clock = clock;
    this.#idle = new BoundedMap({ clock, maxEntries: maxIdle });
  }

  /** How many are remembered. */
  get size(): number {
    return this.#busy.size + this.#idle.size;
  }

  /**
   * Begins a request.
   * @returns the subject, with which it has to be ended; or the seconds after which it may be tried again
   */
  enter(name: string): Subject | number {
    const subject = this.#busy.get(name) ?? this.#idle.get(name) ?? this.#make();
    const { simultaneous } = this.#amounts;
    const isFull = simultaneous !== undefined && subject.running >= simultaneous;
    const waitSeconds = isFull ? fullSeconds : (subject.requests?.tryTake() ?? 0);
    if (waitSeconds > 0) {
      if (subject.running === 0) this.#idle.set(name, subject);
      return waitSeconds;
    }
    subject.running++;
    this.#busy.set(name, subject);
    this.#idle.delete(name);
    return subject;
  }

  leave(name: string, subject: Subject): void {
    subject.running--;
    if (subject.running > 0) return;
    this.#busy.delete(name);
    this.#idle.set(name, subject);
  }

  #make(): Subject {
    const { requests, uploadBytesPerSecond, downloadBytesPerSecond } = this.#amounts;
    const bucket = (rate: Rate | undefined): TokenBucket | undefined =>
      rate && new TokenBucket(rate, this.#clock);
    const bytes = (perSecond: number | undefined): TokenBucket | undefined =>
      perSecond === undefined ? undefined : bucket({ perSecond });
    return {
      requests: bucket(requests),
      uploads: bytes(uploadBytesPerSecond),
      downloads: bytes(downloadBytesPerSecond),
      running: 0,
    };
  }
}

const maxIdle = 10_000;
const fullSeconds = 1;
