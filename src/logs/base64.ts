/**
 * Base64 of values that would break their line, in the metadata and content identifier logs: `!` and standard base64
 * with padding.
 */

import type { ByteString } from '../util/byte-string.ts';

/** Standard alphabet, padded. */
export function encodeBase64(bytes: ByteString): ByteString {
  return btoa(bytes);
}

/** Strict: undefined for anything but whole groups of the standard alphabet. */
export function decodeBase64(text: ByteString): ByteString | undefined {
  return base64Pattern.test(text) ? atob(text) : undefined;
}

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
