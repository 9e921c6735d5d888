/**
 * The size of the key whose location log is at a path of the branch, from the bytes of the path: what
 * `logs/branch-path.ts` and `types/key.ts` find, without a string for each. A path out of the ordinary is left to them.
 *
 *     e7d/d01/SHA256E-s12--a948904f….txt.log
 */

import { parseBranchPath } from '../../logs/branch-path.ts';
import { keySizeBytes, maxExtensionBytes } from '../../types/key.ts';

/** What `sizeAtPath` answers for a key that does not tell its size. */
export const unknownSize = -1;
/** What `sizeAtPath` answers for what is no location log. */
export const noLocationLog = -2;

/** Bytes, `unknownSize` or `noLocationLog`. */
export function sizeAtPath(source: Buffer, start: number, end: number): number {
  if (!endsWithLog(source, end)) return noLocationLog;
  const isHashed = source[start + 3] === letter.slash && source[start + 7] === letter.slash;
  if (!isHashed || end - start > maxPathBytes) return slowly(source, start, end);
  const keyEnd = end - logBytes;
  let at = start + hashDirBytes;
  const varietyStart = at;
  while (at < keyEnd && isPlain[source[at] ?? 0] === 1) at++;
  if (at === varietyStart || source[at] !== letter.dash || source[at + 1] !== letter.s)
    return slowly(source, start, end);
  at += 2;
  const digitsStart = at;
  let size = 0;
  for (; at < keyEnd; at++) {
    const digit = (source[at] ?? 0) - letter.zero;
    if (digit < 0 || digit > 9) break;
    size = size * 10 + digit;
  }
  const digits = at - digitsStart;
  const isUsual = digits > 0 && digits <= maxDigits && (digits === 1 || source[digitsStart] !== letter.zero);
  if (!isUsual || source[at] !== letter.dash || source[at + 1] !== letter.dash)
    return slowly(source, start, end);
  return isUsualName(source, at + 2, keyEnd) ? size : slowly(source, start, end);
}

/** Nothing escaped, and no extension so long that the key might be none. */
function isUsualName(source: Buffer, start: number, end: number): boolean {
  let firstDot = end;
  for (let at = end - 1; at >= start; at--) {
    const code = source[at] ?? 0;
    if (code === letter.dot) firstDot = at;
    else if (code === letter.slash || code === letter.ampersand || code === letter.percent) return false;
  }
  return end - firstDot <= maxExtensionBytes;
}

function endsWithLog(source: Buffer, end: number): boolean {
  return (
    source[end - 4] === letter.dot &&
    source[end - 3] === letter.l &&
    source[end - 2] === letter.o &&
    source[end - 1] === letter.g
  );
}

function slowly(source: Buffer, start: number, end: number): number {
  const found = parseBranchPath(source.toString('latin1', start, end));
  if (found.type !== 'key' || found.log !== 'location') return noLocationLog;
  return keySizeBytes(found.key) ?? unknownSize;
}

const letter = {
  percent: 0x25,
  ampersand: 0x26,
  dash: 0x2d,
  dot: 0x2e,
  slash: 0x2f,
  zero: 0x30,
  g: 0x67,
  l: 0x6c,
  o: 0x6f,
  s: 0x73,
} as const;
const hashDirBytes = 'xxx/yyy/'.length;
const logBytes = '.log'.length;
/** Longer ones might be too long for a key. */
const maxPathBytes = 4096;
/** Exact as a floating point number. */
const maxDigits = 15;
const isPlain = Uint8Array.from({ length: 256 }, (_, code) =>
  /[\dA-Za-z_]/.test(String.fromCharCode(code)) ? 1 : 0,
);
