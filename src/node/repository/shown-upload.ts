/**
 * An upload that others can see: `git annex info` in the repository tells of it, and a gateway whose node this is counts it.
 * It is shown once it has lasted a moment, so that what is sent at once costs no files, and never keeps the content waiting.
 */

import type { Clock, Timer } from '../../util/clock.ts';
import type { AnnexRepository } from './annex-repository.ts';
import { lockUpload, type Transfer, type TransferLock } from './transfer-lock.ts';

export class ShownUpload {
  readonly #timer: Timer;
  #locking: Promise<TransferLock | undefined> | undefined;

  constructor(repository: AnnexRepository, transfer: Transfer, clock: Clock) {
    this.#timer = clock.after(momentMs, () => {
      // Nobody has to see it, where the repository cannot be written to for instance.
      this.#locking = lockUpload(repository, transfer).catch(() => undefined);
    });
  }

  /** Resolves when nothing of it is left. Never fails; calling it again does nothing. */
  async end(): Promise<void> {
    this.#timer.cancel();
    const locking = this.#locking;
    this.#locking = undefined;
    await (await locking)?.release();
  }
}

const momentMs = 250;
