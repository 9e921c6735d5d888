/** Sizes for people, in git-annex's words: `1.23 megabytes`, or short `1.23 MB`; powers of 1000, at most two decimals. */

export interface SizeTextOptions {
  /** Just the number of bytes. */
  readonly bytes?: boolean | undefined;
  readonly short?: boolean | undefined;
}

export function sizeText(sizeBytes: number, { bytes = false, short = false }: SizeTextOptions = {}): string {
  if (bytes) return String(sizeBytes);
  let unit = 0;
  while (unit + 1 < units.length && sizeBytes >= 1000 ** (unit + 1)) unit++;
  const amount = String(Number((sizeBytes / 1000 ** unit).toFixed(2)));
  const [name, abbreviation] = units[unit] ?? ['byte', 'B'];
  return short ? `${amount} ${abbreviation}` : `${amount} ${name}${amount === '1' ? '' : 's'}`;
}

const units: readonly (readonly [string, string])[] = [
  ['byte', 'B'],
  ['kilobyte', 'kB'],
  ['megabyte', 'MB'],
  ['gigabyte', 'GB'],
  ['terabyte', 'TB'],
  ['petabyte', 'PB'],
  ['exabyte', 'EB'],
];
