// A small generator under a seed, so that a run that failed can be run again. INTEROP_SEED chooses another seed; the
// timing of processes stays as the machine gives it.
export type Random = () => number;

/** The seed of this run; print it with every failure. */
export const interopSeed: number = Number(process.env['INTEROP_SEED'] ?? 20_261_123);

/** Numbers from 0 up to but not 1 (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of a list that is not empty. */
export function pick<T>(random: Random, list: readonly T[]): T {
  const chosen = list[Math.floor(random() * list.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}
