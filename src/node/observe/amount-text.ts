/** Amounts of bytes and of time, for people. */

import { inUnits } from '../../types/size-text.ts';

/** `12.3 MB`; powers of 1000, as git-annex shows sizes. */
export function bytesText(bytes: number): string {
  const { amount, unit } = inUnits(bytes);
  return `${amount < 100 ? Math.round(amount * 10) / 10 : Math.round(amount)} ${unit.abbreviation}`;
}

/** `2 d 3 h`, `5 min 20 s`: the two largest units that there are. */
export function ageText(seconds: number): string {
  const parts: string[] = [];
  let left = seconds;
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;
