/**
 * Keeps the latest sums on the disk without anybody waiting for it: one write at a time, of what is the latest then. A
 * process that is killed leaves older sums, which are brought forward as well.
 */

import { readSizeState, writeSizeState, type SizeState } from './state-file.ts';

export class StateKeeper {
  readonly #path: string;
  readonly #annexDir: string;
  #latest: SizeState | undefined;
  #writing: Promise<void> | undefined;

  /** @param annexDir `.git/annex`, whose permissions count */
  constructor(path: string, annexDir: string) {
    this.#path = path;
    this.#annexDir = annexDir;
  }

  /** What the last process left. */
  async read(): Promise<SizeState | undefined> {
    return await readSizeState(this.#path);
  }

  /** The amounts must not be changed afterwards. */
  keep(state: SizeState): void {
    this.#latest = state;
    this.#writing ??= this.#write();
  }

  /** Waits until the latest is written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  /** Whoever cannot write there counts again the next time. */
  async #write(): Promise<void> {
    while (this.#latest !== undefined) {
      const state = this.#latest;
      this.#latest = undefined;
      await writeSizeState(this.#path, state, this.#annexDir).catch(() => undefined);
    }
    this.#writing = undefined;
  }
}
