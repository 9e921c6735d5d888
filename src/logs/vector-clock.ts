/**
 * Vector clocks: the time stamps of the lines of the git-annex branch (git-annex's GIT_ANNEX_VECTOR_CLOCK).
 *
 *     1795350008s    1000.5s    -12s
 *
 * Seconds since the epoch with up to twelve decimals. They are kept as whole picoseconds in a bigint, since a floating
 * point number would lose what decides which of two changes wins.
 */

import type { ByteString } from '../util/byte-string.ts';
import { AnnexError } from '../types/annex-error.ts';

/** Picoseconds since the epoch. */
export type VectorClock = bigint;

/** How long one second is. */
export const picosecondsPerSecond: bigint = 1_000_000_000_000n;

/**
 * Reads `1000`, `1000s`, `+1000.5s`, `-12s`; digits past the twelfth decimal are cut off. As git-annex does, a whole
 * part of `-0` loses its sign. Undefined for anything else, and for whole parts past 40 digits.
 */
export function parseVectorClock(text: ByteString): VectorClock | undefined {
  if (text.length > maxClockBytes) return undefined;
  const match = clockPattern.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  if (whole.length > maxWholeDigits) return undefined;
  const seconds = BigInt(whole) * picosecondsPerSecond;
  const rest = BigInt(fraction.slice(0, 12).padEnd(12, '0'));
  return sign === '-' && seconds !== 0n ? -(seconds + rest) : seconds + rest;
}

/** As git-annex writes it: no trailing zeros, and an `s` at the end. */
export function formatVectorClock(clock: VectorClock): ByteString {
  const size = clock < 0n ? -clock : clock;
  const fraction = (size % picosecondsPerSecond).toString().padStart(12, '0').replace(/0+$/, '');
  const whole = `${clock < 0n ? '-' : ''}${size / picosecondsPerSecond}`;
  return fraction === '' ? `${whole}s` : `${whole}.${fraction}s`;
}

/**
 * The clock of a number of seconds since the epoch, taken as the decimal number it prints as. git-annex cuts the
 * machine's time to whole seconds, which packs better: so should the caller, unless GIT_ANNEX_VECTOR_CLOCK is set.
 */
export function vectorClockFromSeconds(seconds: number): VectorClock {
  const clock = parseVectorClock(String(Math.abs(seconds) < 1e-6 ? 0 : seconds));
  if (clock === undefined) throw new AnnexError('invariant', `${seconds} seconds are no time`);
  return clock;
}

/** Orders clocks; an unknown one (a line without time stamp) comes before all others. */
export function compareVectorClocks(left: VectorClock | undefined, right: VectorClock | undefined): number {
  if (left === undefined || right === undefined) {
    return left === right ? 0 : left === undefined ? -1 : 1;
  }
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * The clock for a change that replaces an entry: `now`, or a second after the entry where that is not older. So the
 * change wins however wrong this machine's clock is.
 */
export function advanceVectorClock(existing: VectorClock | undefined, now: VectorClock): VectorClock {
  return existing !== undefined && existing >= now ? existing + picosecondsPerSecond : now;
}

/** The later of two clocks. */
export function laterVectorClock(
  left: VectorClock | undefined,
  right: VectorClock | undefined,
): VectorClock | undefined {
  return compareVectorClocks(left, right) < 0 ? right : left;
}

const clockPattern = /^([+-])?(\d+)(?:\.(\d+))?s?$/;
const maxWholeDigits = 40;
// Decimals past the twelfth are cut off, but are not let grow without bound either.
const maxClockBytes = 1024;
