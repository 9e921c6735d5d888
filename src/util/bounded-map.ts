/**
 * A map that never grows beyond a bound: what was used longest ago goes first, and what is older than its time is not
 * found any more. For caches and counters whose keys come from strangers.
 */

import type { Clock } from './clock.ts';

export interface BoundedMapOptions {
  readonly clock: Clock;
  readonly maxEntries: number;
}

export class BoundedMap<K, V> {
  readonly #options: BoundedMapOptions;
  /** In the order of their last use. */
  readonly #entries = new Map<K, { readonly value: V; readonly untilMs: number }>();

  constructor(options: BoundedMapOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.untilMs <= this.#nowMs()) return undefined;
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** @param keepMs how long it can be found; as long as there is room where not given */
  set(key: K, value: V, keepMs: number = Number.POSITIVE_INFINITY): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, untilMs: this.#nowMs() + keepMs });
    if (this.#entries.size <= this.#options.maxEntries) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  // Never the wall clock, which may be set back.
  #nowMs(): number {
    return this.#options.clock.elapsedSeconds() * 1000;
  }
}
