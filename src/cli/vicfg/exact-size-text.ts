/** Sizes in words that read back as the same number of bytes: `1.5 megabytes`, `100.0 gigabytes`. */

import { decimalUnits, parseSizeText } from '../../types/size-text.ts';

export function exactSizeText(sizeBytes: bigint): string {
  const size = Number(sizeBytes);
  const unit = decimalUnits.findLast(({ bytes }) => bytes <= size) ?? decimalUnits[0];
  const amount = String(size / (unit?.bytes ?? 1));
  const text = `${/^\d+$/.test(amount) ? `${amount}.0` : amount} ${unit?.name ?? 'byte'}s`;
  return parseSizeText(text) === sizeBytes ? text : `${sizeBytes} bytes`;
}

/** Bytes; undefined for what is no size. What `exactSizeText` wrote is what it was. */
export function parseExactSize(text: string): bigint | undefined {
  const [, bytes] = /^(\d{1,40}) bytes$/.exec(text) ?? [];
  return bytes === undefined ? parseSizeText(text) : BigInt(bytes);
}
