/**
 * Sizes as people write them for git-annex (`maxsize`, `largerthan=`): `100 gigabytes`, `0.8TB`, `1KiB`, `12`.
 *
 * A number as Haskell reads one, then a unit, in any case. What comes after the unit's letters is passed over, as git-annex
 * does; so are spaces before it. Without a unit it is bytes.
 */

export interface SizeUnit {
  /** `kilobyte`; `kilobytes` is the same. */
  readonly name: string;
  /** `kB`. */
  readonly abbreviation: string;
  readonly bytes: number;
}

/** Powers of 1000, the smallest first. */
export const decimalUnits: readonly SizeUnit[] = [
  { name: 'byte', abbreviation: 'B', bytes: 1 },
  ...['kilo', 'mega', 'giga', 'tera', 'peta', 'exa', 'zetta', 'yotta', 'ronna', 'quetta'].map(
    (prefix, index): SizeUnit => ({
      name: `${prefix}byte`,
      abbreviation: `${index === 0 ? 'k' : (prefix[0] ?? '').toUpperCase()}B`,
      bytes: 10 ** (3 * (index + 1)),
    }),
  ),
];

/**
 * Bytes, to the nearest; halves go to the even number. Undefined for what git-annex does not take, and for what is past
 * the range of floating point numbers. May be negative, as git-annex has it.
 */
export function parseSizeText(text: string): bigint | undefined {
  const number = numberPattern.exec(text);
  if (number === null) return undefined;
  const [start, opened = '', sign, digits = ''] = number;
  let rest = text.slice(start.length);
  for (const parenthesis of opened) {
    if (parenthesis !== '(') continue;
    if (!closingPattern.test(rest)) return undefined;
    rest = rest.replace(closingPattern, '');
  }
  const unit = unitBytes.get(unitPattern.exec(rest)?.[1]?.toLowerCase() ?? '');
  if (unit === undefined) return undefined;
  const bytes = roundHalfEven(Number(digits) * unit);
  if (!Number.isFinite(bytes)) return undefined;
  return sign === undefined ? BigInt(bytes) : -BigInt(bytes);
}

/** In the largest unit that it has at least one of. */
export function inUnits(sizeBytes: number | bigint): { readonly amount: number; readonly unit: SizeUnit } {
  const size = Number(sizeBytes);
  const unit = decimalUnits.findLast(({ bytes }) => Math.abs(size) >= bytes) ?? byte;
  return { amount: size / unit.bytes, unit };
}

const byte: SizeUnit = { name: 'byte', abbreviation: 'B', bytes: 1 };

/** To the nearest whole number, as Haskell's `round`. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** By all the ways to write a unit, in lower case. Without any it is bytes. */
const unitBytes: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ...decimalUnits.flatMap((unit) => spellings(unit)),
  ...['ki', 'me', 'gi', 'te', 'pe', 'ex', 'ze', 'yo'].flatMap((prefix, index) =>
    spellings({ name: `${prefix}bibyte`, abbreviation: `${prefix[0]}iB`, bytes: 1024 ** (index + 1) }),
  ),
  ...decimalUnits.slice(1, 9).flatMap(({ name, abbreviation, bytes }) =>
    spellings({
      name: name.replace('byte', 'bit'),
      abbreviation: abbreviation.replace('B', 'bit'),
      bytes: bytes / 8,
    }),
  ),
]);

/** The `B` of an abbreviation may be left out. */
function spellings({ name, abbreviation, bytes }: SizeUnit): [string, number][] {
  const texts = [name, `${name}s`, abbreviation, abbreviation.replace(/B$/, '')];
  return texts.map((text) => [text.toLowerCase(), bytes]);
}

const numberPattern =
  /^([\t-\r\p{Zs}(]*)(-[\t-\r\p{Zs}]*)?(0[xX][\da-fA-F]+|0[oO][0-7]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)/u;
const closingPattern = /^[\t-\r\p{Zs}]*\)/u;
const unitPattern = /^[\t-\r\p{Zs}]*(\p{L}*)/u;
