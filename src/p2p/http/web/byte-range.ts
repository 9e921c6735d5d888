/**
 * The Range header (RFC 9110 §14). One range of bytes is served; where several are asked for, or something else, the whole
 * is sent, as the RFC allows.
 */

import type { ByteString } from '../../../util/byte-string.ts';

/** The first byte and the one after the last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Undefined: the whole. `unsatisfiable`: nothing of what there is was asked for. */
export function readRange(header: ByteString, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=[ \t]*(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))[ \t]*$/i.exec(header);
  if (match === null) return undefined;
  const [, first, last, fromEnd] = match;
  if (fromEnd !== undefined) {
    const start = Math.max(0, sizeBytes - Number(fromEnd));
    return start < sizeBytes ? { start, end: sizeBytes } : 'unsatisfiable';
  }
  const start = Number(first);
  // A range that ends before it begins is no range.
  if (last !== undefined && Number(last) < start) return undefined;
  if (start >= sizeBytes) return 'unsatisfiable';
  return { start, end: last === undefined ? sizeBytes : Math.min(sizeBytes, Number(last) + 1) };
}
