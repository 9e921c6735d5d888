/**
 * Keeps the latest sums on the disk without anybody waiting for it: one write at a time, of what is the latest then. A
 * process that is killed leaves older sums, which are brought forward as well.
 */

import type { SharedFiles } from '../repository/shared-files.ts';
import { readSizeState, writeSizeState, type SizeState } from './state-file.ts';

export class StateKeeper {
  readonly #path: string;
  readonly #files: SharedFiles;
  #latest: SizeState | undefined;
  #writing: Promise<void> | undefined;

  constructor(path: string, files: SharedFiles) {
    this.#path = path;
    this.#files = files;
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
      await writeSizeState(this.#path, state, this.#files).catch(() => undefined);
    }
    this.#writing = undefined;
  }
}
