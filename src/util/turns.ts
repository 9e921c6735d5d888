/**
 * Work that takes turns: of the pieces of work that name the same key one runs at a time, in the order in which they
 * came. Keys that nobody works on cost nothing.
 */

export class Turns<K> {
  readonly #last = new Map<K, Promise<void>>();

  /** Runs `work` when all earlier work of the key has ended, however it ended. */
  async run<T>(key: K, work: () => Promise<T>): Promise<T> {
    const earlier = this.#last.get(key);
    let leave = (): void => undefined;
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#last.set(key, left);
    try {
      if (earlier !== undefined) await earlier;
      return await work();
    } finally {
      if (this.#last.get(key) === left) this.#last.delete(key);
      leave();
    }
  }
}
