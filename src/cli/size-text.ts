/** Sizes for people, in git-annex's words: `1.23 megabytes`, or short `1.23 MB`; powers of 1000. */

import type { Amount } from '../node/sizes/amounts.ts';
import { inUnits, roundHalfEven } from '../types/size-text.ts';

export interface SizeTextOptions {
  /** Just the number of bytes. */
  readonly bytes?: boolean | undefined;
  readonly short?: boolean | undefined;
}

/** At most two decimals. */
export function sizeText(
  sizeBytes: number | bigint,
  { bytes = false, short = false }: SizeTextOptions = {},
): string {
  if (bytes) return String(sizeBytes);
  const { amount, unit } = inUnits(sizeBytes);
  const text = String(Number(amount.toFixed(2)));
  return short ? `${text} ${unit.abbreviation}` : `${text} ${unit.name}${text === '1' ? '' : 's'}`;
}

/** The size of keys, some of which may not tell theirs. */
export function amountText({ bytes, unsized }: Amount, options: SizeTextOptions): string {
  return sizeText(bytes, options) + (unsized === 0 ? '' : ` (+ ${unsized} unknown size)`);
}

/** For use with `sort`, the smallest first. */
export function compareSizes(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Short, and without decimals: `2 kB`. */
export function roundedSizeText(sizeBytes: number | bigint): string {
  const { amount, unit } = inUnits(sizeBytes);
  return `${roundHalfEven(amount)} ${unit.abbreviation}`;
}

/** Short, and with all decimals that there are: `1.234567 MB`, `100.0 B`. */
export function preciseSizeText(sizeBytes: number | bigint): string {
  const { amount, unit } = inUnits(sizeBytes);
  return `${Number.isInteger(amount) ? amount.toFixed(1) : amount} ${unit.abbreviation}`;
}
