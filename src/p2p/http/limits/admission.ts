/**
 * A request that limits have let in: whom it counts for, at which pace its bytes go, and when it is over. The user is known
 * only later than the address, when an access policy has found out.
 */

import type { Clock } from '../../../util/clock.ts';
import type { TokenBucket } from '../../../util/token-bucket.ts';
import type { Subject, Subjects } from './subjects.ts';

/** Bytes that pass in one direction. */
export interface Pace {
  /**
   * Counts bytes. Undefined, or a promise to wait for before more pass; it resolves early when the signal aborts, since
   * whoever waits then finds out by itself.
   */
  pass(bytes: number, signal?: AbortSignal): Promise<void> | undefined;
  /** Whether there is a limit at all. */
  readonly isLimited: boolean;
}

/** Of what a client sends, and of what it is sent. */
export interface Paces {
  readonly upload: Pace;
  readonly download: Pace;
}

/** No more should pass at once where there is a limit, so that bytes come evenly. */
export const maxPacedBytes: number = 64 * 1024;

interface Entry {
  readonly subjects: Subjects;
  readonly name: string;
  readonly subject: Subject;
}

export class Admission implements Paces {
  readonly #clock: Clock;
  readonly #entries: Entry[] = [];
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts the request for one more, once. @returns 0, or the seconds after which it may be tried again */
  enter(subjects: Subjects, name: string): number {
    if (this.#entries.some((entry) => entry.subjects === subjects && entry.name === name)) return 0;
    const subject = subjects.enter(name);
    if (typeof subject === 'number') return subject;
    if (this.#isOver) subjects.leave(name, subject);
    else this.#entries.push({ subjects, name, subject });
    return 0;
  }

  /** The request was nobody's business: it counts as if it had not come. */
  undo(): void {
    for (const { subject } of this.#entries) subject.requests?.giveBack();
    this.end();
  }

  /** Calling it again does nothing. */
  end(): void {
    this.#isOver = true;
    for (const { subjects, name, subject } of this.#entries.splice(0)) subjects.leave(name, subject);
  }

  readonly upload: Pace = this.#pace((subject) => subject.uploads);
  readonly download: Pace = this.#pace((subject) => subject.downloads);

  #pace(bucketOf: (subject: Subject) => TokenBucket | undefined): Pace {
    const entries = this.#entries;
    return {
      get isLimited() {
        return entries.some(({ subject }) => bucketOf(subject) !== undefined);
      },
      pass: (bytes, signal) => {
        const waits = entries.map(({ subject }) => bucketOf(subject)?.spend(bytes) ?? 0);
        const seconds = Math.max(0, ...waits);
        return seconds === 0 ? undefined : this.#wait(seconds, signal);
      },
    };
  }

  #wait(seconds: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.#clock.after(seconds * 1000, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
