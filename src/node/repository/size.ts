/**
 * Sizes as git-annex reads them in its configuration: a number, then a unit by abbreviation or name, in any case.
 * `500M`, `0.5 gb` and `100 KiloBytes` all are sizes; no unit means bytes. What follows the unit is ignored.
 */

/** Whole bytes, rounded half to even; undefined where it is no size or the unit is unknown. */
export function parseSize(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*([A-Za-z]*)/.exec(text);
  if (match === null) return undefined;
  const [, digits = '', unit = ''] = match;
  const scale = unit === '' ? 1 : units.get(unit.toLowerCase());
  if (scale === undefined) return undefined;
  const bytes = roundHalfToEven(Number(digits) * scale);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

const prefixes: readonly (readonly [string, string, string])[] = [
  ['k', 'kilo', 'kibi'],
  ['m', 'mega', 'mebi'],
  ['g', 'giga', 'gibi'],
  ['t', 'tera', 'tebi'],
  ['p', 'peta', 'pebi'],
  ['e', 'exa', 'exbi'],
  ['z', 'zetta', 'zebi'],
  ['y', 'yotta', 'yobi'],
];

const units: ReadonlyMap<string, number> = new Map<string, number>([
  ['b', 1],
  ['byte', 1],
  ['bytes', 1],
  ...prefixes.flatMap(([letter, decimal, binary], index): [string, number][] => {
    const thousand = 1000 ** (index + 1);
    const kibi = 1024 ** (index + 1);
    return [
      [letter, thousand],
      [`${letter}b`, thousand],
      [`${decimal}byte`, thousand],
      [`${decimal}bytes`, thousand],
      [`${letter}i`, kibi],
      [`${letter}ib`, kibi],
      [`${binary}byte`, kibi],
      [`${binary}bytes`, kibi],
      [`${letter}bit`, thousand / 8],
      [`${decimal}bit`, thousand / 8],
      [`${decimal}bits`, thousand / 8],
    ];
  }),
]);
