// Choices of the generators.
import type { Random } from '../random.ts';

export function chance(random: Random, probability: number): boolean {
  return random() < probability;
}

/** From 0 up to but not `bound`. */
export function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

/** Bytes as a string, any of them. */
export function garbage(random: Random, length: number): string {
  return String.fromCharCode(...Array.from({ length }, () => below(random, 256)));
}

export function repeated<T>(times: number, make: () => T): readonly T[] {
  return Array.from({ length: times }, make);
}
