/**
 * Numbers in metadata as git-annex compares them: a text that is a number to Haskell from one end to the other. Spaces and
 * parentheses around it do no harm, `0x` and `0o` count, `.5`, `5.` and `+5` do not.
 */

import { byteStringToText, type ByteString } from '../../util/byte-string.ts';

/** Undefined for what is compared as text. */
export function parseMetaDataNumber(text: ByteString): number | undefined {
  let inner = byteStringToText(text).trim();
  while (inner.startsWith('(') && inner.endsWith(')')) inner = inner.slice(1, -1).trim();
  const [, sign, digits] = pattern.exec(inner) ?? [];
  if (digits === undefined) return undefined;
  return sign === undefined ? Number(digits) : -Number(digits);
}

const pattern = /^(-\s*)?(NaN|Infinity|0[xX][\da-fA-F]+|0[oO][0-7]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)$/;
