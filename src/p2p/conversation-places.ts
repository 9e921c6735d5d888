/**
 * Who may have a conversation with a far repository now, and who waits in line.
 *
 * Places are few, since each is a process at the other end, and short transfers are as quick one after the other. But slow
 * clients may hold all of them for as long as they like: who has waited for a second in vain gets a place beyond the usual
 * ones, up to a limit. Questions have some places for themselves alone.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { Clock, Timer } from '../util/clock.ts';

export type Purpose = 'question' | 'transfer';

export interface PlacesOptions {
  readonly clock: Clock;
  readonly usual: number;
  /** Named in errors. */
  readonly owner: string;
}

interface Waiter {
  /** It has waited for so long that it may have a place beyond the usual ones. */
  isOverdue: boolean;
  readonly timer: Timer;
  resolve(): void;
  reject(error: Error): void;
}

export class ConversationPlaces {
  readonly #options: PlacesOptions;
  readonly #waiting: Readonly<Record<Purpose, Set<Waiter>>> = { question: new Set(), transfer: new Set() };
  readonly #taken: Record<Purpose, number> = { question: 0, transfer: 0 };

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** How many are taken. */
  get taken(): number {
    return this.#taken.question + this.#taken.transfer;
  }

  /** Resolves with a place, which has to be left. Rejects with the signal's reason, or where too many wait. */
  async take(purpose: Purpose, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting[purpose];
    if (waiting.size === 0 && this.#isFree(purpose, false)) {
      this.#taken[purpose]++;
      return;
    }
    if (waiting.size >= maxWaiting)
      throw new AnnexError('busy', `too many requests wait for ${this.#options.owner}`);
    await this.#wait(purpose, signal);
  }

  leave(purpose: Purpose): void {
    this.#taken[purpose]--;
    this.#letIn();
  }

  /** Rejects all who wait. */
  close(reason: Error): void {
    for (const waiting of Object.values(this.#waiting)) for (const waiter of waiting) waiter.reject(reason);
  }

  async #wait(purpose: Purpose, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting[purpose];
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => waiter.reject(signal.reason as Error);
      const stop = (): void => {
        waiting.delete(waiter);
        waiter.timer.cancel();
        signal.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        isOverdue: false,
        timer: this.#options.clock.after(overdueMs, () => {
          waiter.isOverdue = true;
          this.#letIn();
        }),
        resolve: () => {
          stop();
          resolve();
        },
        reject: (error) => {
          stop();
          reject(error);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      waiting.add(waiter);
    });
  }

  /** Those who came first are overdue first, so each line is looked at from its head. */
  #letIn(): void {
    for (const purpose of ['question', 'transfer'] as const) {
      for (const waiter of this.#waiting[purpose]) {
        if (!this.#isFree(purpose, waiter.isOverdue)) break;
        this.#taken[purpose]++;
        waiter.resolve();
      }
    }
  }

  #isFree(purpose: Purpose, isOverdue: boolean): boolean {
    const usual = this.#options.usual * (isOverdue ? crowdFactor : 1);
    if (purpose === 'transfer') return this.taken < usual;
    return this.taken < usual + questionPlaces || this.#taken.question < questionPlaces;
  }
}

/** For questions alone, besides those for all. */
export const questionPlaces = 2;
const overdueMs = 1000;
/** How many times the usual places there are at most. */
const crowdFactor = 8;
const maxWaiting = 10_000;
