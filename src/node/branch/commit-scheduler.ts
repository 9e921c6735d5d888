/**
 * Commits the journal about a second after the first change that is not committed, as git-annex's server does, and once
 * more at the end. Further changes do not postpone it. Where annex.alwayscommit is false nothing is committed: the
 * journal stays for whoever commits by hand.
 */

import type { EventSink } from '../../types/event.ts';
import type { Timer } from '../../util/clock.ts';
import type { AnnexBranch } from './annex-branch.ts';

export interface CommitSchedulerOptions {
  readonly events: EventSink;
  /** How long changes gather. A commit that failed is tried again after twice as long each time, to a minute. */
  readonly delayMs?: number | undefined;
}

export class CommitScheduler {
  readonly #branch: AnnexBranch;
  readonly #events: EventSink;
  readonly #delayMs: number;
  readonly #stopListening: () => void;
  #timer: Timer | undefined;
  #committing: Promise<void> | undefined;
  #isPending = false;
  #failures = 0;
  #isClosed = false;

  constructor(branch: AnnexBranch, { events, delayMs = 1000 }: CommitSchedulerOptions) {
    this.#branch = branch;
    this.#events = events;
    this.#delayMs = delayMs;
    this.#stopListening = branch.onWritten(() => this.#schedule());
    // Someone may have left a journal behind.
    this.#schedule();
  }

  /** Commits what is left. Reports, and does not throw, where that fails: the journal keeps it. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopListening();
    this.#timer?.cancel();
    await this.#committing;
    await this.#commit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #schedule(): void {
    this.#isPending = true;
    if (this.#isClosed || this.#timer !== undefined || this.#committing !== undefined) return;
    const delayMs = Math.min(this.#delayMs * 2 ** this.#failures, Math.max(this.#delayMs, longestDelayMs));
    this.#timer = this.#branch.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#committing = this.#commit().finally(() => {
        this.#committing = undefined;
        if (this.#isPending) this.#schedule();
      });
    });
  }

  async #commit(): Promise<void> {
    this.#isPending = false;
    try {
      const config = await this.#branch.repository.config();
      if (config.getBool('annex.alwayscommit') === false) return;
      await this.#branch.commit();
      this.#failures = 0;
    } catch (caught) {
      this.#failures++;
      this.#isPending = true;
      const reason = caught instanceof Error ? caught.message : String(caught);
      this.#events({ type: 'warning', message: `the git-annex branch could not be committed to: ${reason}` });
    }
  }
}

const longestDelayMs = 60_000;
