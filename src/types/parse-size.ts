/**
 * Sizes as people write them for git-annex: a number, and a unit in any case, `100mb`, `1.5GiB`, `100 kilobytes`. Units
 * of storage are powers of 1000, those with an `i` powers of 1024; without one it is bytes.
 */

/** Bytes; undefined for what is no size. Fractions are rounded, halves to the even side. */
export function parseSize(text: string): bigint | undefined {
  const [, minus = '', digits, unit = ''] = sizePattern.exec(text) ?? [];
  const multiplier = multipliers.get(unit.toLowerCase());
  if (digits === undefined || multiplier === undefined) return undefined;
  const sizeBytes = Number(digits) * multiplier;
  if (!Number.isFinite(sizeBytes)) return undefined;
  const size = BigInt(roundHalfEven(sizeBytes));
  return minus === '' ? size : -size;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}

// What follows the unit says nothing, as with git-annex.
const sizePattern = /^\s*(-?)\s*(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)[^\S\n]*([\p{L}]*)/u;

const prefixes = ['k', 'm', 'g', 't', 'p', 'e', 'z', 'y'];
const longPrefixes = ['kilo', 'mega', 'giga', 'tera', 'peta', 'exa', 'zetta', 'yotta'];
const longBinaryPrefixes = ['kibi', 'mebi', 'gibi', 'tebi', 'pebi', 'exbi', 'zebi', 'yobi'];

const multipliers: ReadonlyMap<string, number> = new Map(
  [
    spellings(['', 'b', 'byte', 'bytes'], 1),
    ...prefixes.flatMap((prefix, index) => {
      const [long = '', binary = ''] = [longPrefixes[index], longBinaryPrefixes[index]];
      return [
        spellings([prefix, `${prefix}b`, `${long}byte`, `${long}bytes`], 1000 ** (index + 1)),
        spellings([`${prefix}i`, `${prefix}ib`, `${binary}byte`, `${binary}bytes`], 1024 ** (index + 1)),
      ];
    }),
  ].flat(),
);

function spellings(words: readonly string[], multiplier: number): [string, number][] {
  return words.map((word) => [word, multiplier]);
}
