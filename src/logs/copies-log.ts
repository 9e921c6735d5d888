/**
 * numcopies.log and mincopies.log: how many copies of each file there should be, and must be.
 *
 *     1795350000s 2
 *
 * Both have the same form. Values below one count as one, so that no line can allow the last copy to be dropped.
 */

import type { ByteString } from '../util/byte-string.ts';
import { AnnexError } from '../types/annex-error.ts';
import {
  changeSingleValueLog,
  parseSingleValueLog,
  type ComparableFormat,
} from './family/single-value-log.ts';
import { parseHaskellInteger } from './haskell-integer.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** The number of copies, at least 1; undefined where the log says nothing. */
export function parseCopiesLog(content: ByteString): number | undefined {
  const value = parseSingleValueLog(content, copiesValue)?.value;
  if (value === undefined) return undefined;
  return value < 1n ? 1 : value > maxCopies ? Number(maxCopies) : Number(value);
}

/** The whole file after a change. Throws `config` for a number that is not a positive integer. */
export function changeCopiesLog(
  content: ByteString,
  change: { readonly copies: number; readonly nowSeconds: number },
): ByteString {
  if (!Number.isSafeInteger(change.copies) || change.copies < 1) {
    throw new AnnexError('config', `${change.copies} is no number of copies`);
  }
  const now = vectorClockFromSeconds(change.nowSeconds);
  return changeSingleValueLog(content, { format: copiesValue, value: BigInt(change.copies), now });
}

const copiesValue: ComparableFormat<bigint> = {
  parse: parseHaskellInteger,
  format: (value) => value.toString(),
  compare: (left, right) => (left < right ? -1 : left > right ? 1 : 0),
};

const maxCopies = BigInt(Number.MAX_SAFE_INTEGER);
