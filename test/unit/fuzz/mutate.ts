// Inputs made from other inputs: bytes changed, pieces moved, repeated, spliced in from elsewhere, and words that mean
// something put where they should not be.
import type { ByteString } from '../../../src/util/byte-string.ts';
import { pick, type Random } from '../../interop/scenario/random.ts';

export const maxInputBytes = 40_000;

export interface Stock {
  /** Inputs to splice pieces from. */
  readonly inputs: readonly ByteString[];
  readonly words: readonly ByteString[];
}

export function mutate(random: Random, input: ByteString, stock: Stock): ByteString {
  let mutated = input;
  for (let left = 1 + Math.floor(random() ** 2 * 6); left > 0; left--) {
    mutated = pick(random, mutations)(random, mutated, stock).slice(0, maxInputBytes);
  }
  return mutated;
}

type Mutation = (random: Random, input: ByteString, stock: Stock) => ByteString;

const oneByte: Mutation = (random, input) => {
  const at = below(random, input.length);
  return input.slice(0, at) + String.fromCharCode(below(random, 256)) + input.slice(at + 1);
};

const oneBit: Mutation = (random, input) => {
  const at = below(random, input.length);
  const flipped = (input.charCodeAt(at) || 0) ^ (1 << below(random, 8));
  return input.slice(0, at) + String.fromCharCode(flipped & 0xff) + input.slice(at + 1);
};

const removed: Mutation = (random, input) => {
  const [from, to] = range(random, input.length);
  return input.slice(0, from) + input.slice(to);
};

const repeated: Mutation = (random, input) => {
  const [from, to] = range(random, input.length);
  const times = pick(random, [2, 2, 3, 10, 300]);
  return input.slice(0, from) + input.slice(from, to).repeat(times) + input.slice(to);
};

const moved: Mutation = (random, input) => {
  const [from, to] = range(random, input.length);
  const rest = input.slice(0, from) + input.slice(to);
  const at = below(random, rest.length + 1);
  return rest.slice(0, at) + input.slice(from, to) + rest.slice(at);
};

const word: Mutation = (random, input, { words }) => inserted(random, input, pick(random, words));

const spliced: Mutation = (random, input, { inputs }) => {
  const other = pick(random, inputs);
  const [from, to] = range(random, other.length);
  return inserted(random, input, other.slice(from, to));
};

const number: Mutation = (random, input) => {
  const numbers = [...input.matchAll(/\d+/g)];
  if (numbers.length === 0) return input;
  const { index, 0: digits } = pick(random, numbers);
  const changed = pick(random, [
    `${Number(digits) + 1}`,
    `${Number(digits) - 1}`,
    `-${digits}`,
    `${digits}${digits}`,
    ...interesting,
  ]);
  return input.slice(0, index) + changed + input.slice(index + digits.length);
};

const truncated: Mutation = (random, input) => input.slice(0, below(random, input.length + 1));

const lines: Mutation = (random, input) => {
  const all = input.split('\n');
  const at = below(random, all.length);
  const other = below(random, all.length);
  [all[at], all[other]] = [all[other] ?? '', all[at] ?? ''];
  return all.join('\n');
};

const mutations: readonly Mutation[] = [
  oneByte,
  oneByte,
  oneBit,
  removed,
  repeated,
  moved,
  word,
  word,
  spliced,
  spliced,
  number,
  truncated,
  lines,
];

const interesting = [
  '0',
  '1',
  '9007199254740991',
  '9007199254740993',
  '18446744073709551616',
  '4294967295',
  '1e9',
];

function inserted(random: Random, input: ByteString, piece: ByteString): ByteString {
  const at = below(random, input.length + 1);
  // Over what was there, or between.
  return input.slice(0, at) + piece + input.slice(random() < 0.5 ? at : at + piece.length);
}

function range(random: Random, length: number): readonly [number, number] {
  const from = below(random, length);
  return [from, Math.min(length, from + 1 + Math.floor(random() ** 3 * (length - from)))];
}

function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}
