/**
 * Integers as git-annex reads them from numcopies.log, mincopies.log and maxsize.log: by Haskell's `reads`, which takes
 * the number that a text begins with (`5x` is 5), but not `+5`, `5.5` or `5e2`. What another repository's git-annex
 * obeys must be obeyed here too.
 */

import type { ByteString } from '../util/byte-string.ts';

/** Undefined where the text does not begin with an integer, or has more than 40 digits. */
export function parseHaskellInteger(text: ByteString): bigint | undefined {
  const match = integerPattern.exec(text);
  if (match === null) return undefined;
  const [, opened = '', sign, digits = '', closed = ''] = match;
  if (digits.length > maxDigits || count(closed, ')') < count(opened, '(')) return undefined;
  const size = BigInt(digits);
  return sign === '-' ? -size : size;
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

// A decimal point or an exponent would make it another number, not an integer followed by something.
const integerPattern =
  /^([ \t-\r(]{0,40})(-)?[ \t-\r]{0,40}(0[xX][\da-fA-F]+|0[oO][0-7]+|\d+(?!\d|\.\d|[eE][-+]?\d))([ \t-\r)]{0,40})/;
const maxDigits = 40;
