/**
 * `--size-limit` and `--time-limit`. What would go over the size is passed over, and what is smaller may still fit; a key
 * that does not tell its size never does. Once the time is over nothing more is begun. Either way the exit status is 101.
 */

import { systemClock } from '../../node/clock.ts';
import { keySizeBytes, type Key } from '../../types/key.ts';
import type { Terminal } from '../terminal.ts';

export interface LimitOptions {
  /** Bytes. */
  readonly sizeLimit?: bigint | undefined;
  readonly timeLimit?: TimeLimit | undefined;
}

export interface TimeLimit {
  /** As it was given. */
  readonly text: string;
  readonly seconds: number;
}

export class Limits {
  readonly #options: LimitOptions;
  readonly #terminal: Terminal;
  readonly #startSeconds: number = systemClock.elapsedSeconds();
  #totalBytes = 0n;
  #isHit = false;

  constructor(options: LimitOptions, terminal: Terminal) {
    this.#options = options;
    this.#terminal = terminal;
  }

  /** The items that may be acted on. */
  async *within<Item extends { readonly key: Key }>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
    for await (const item of items) {
      if (this.#isOver()) return;
      if (this.#allows(item.key)) yield item;
    }
  }

  /** The exit status of a command that would else have this one. */
  exitStatus(status: number): number {
    return this.#isHit ? limitStatus : status;
  }

  #allows(key: Key): boolean {
    const { sizeLimit } = this.#options;
    if (sizeLimit === undefined) return true;
    const size = keySizeBytes(key);
    const totalBytes = this.#totalBytes + BigInt(size ?? 0);
    if (size !== undefined && totalBytes <= sizeLimit) {
      this.#totalBytes = totalBytes;
      return true;
    }
    this.#isHit = true;
    return false;
  }

  #isOver(): boolean {
    const { timeLimit } = this.#options;
    if (timeLimit === undefined) return false;
    if (systemClock.elapsedSeconds() - this.#startSeconds < timeLimit.seconds) return false;
    this.#terminal.err(`  Time limit (${timeLimit.text}) reached! Shutting down...\n`);
    this.#isHit = true;
    return true;
  }
}

const limitStatus = 101;
