/**
 * How values are written in URLs, headers and JSON (design/p2p_protocol_over_http, "base64 encoding of keys, uuids, and
 * filenames"): percent-encoding, then text that stands for itself, or base64url in square brackets for what is not
 * UTF-8 or has such brackets itself. Integers are what Haskell's `read` takes, since that is what git-annex takes.
 */

import { byteStringToUTF8, type ByteString } from '../../util/byte-string.ts';

/** Undoes percent-encoding. A `%` that two hex digits do not follow stands for itself, as for git-annex. */
export function percentDecode(text: ByteString, options: { readonly plusIsSpace: boolean }): ByteString {
  const plain = options.plusIsSpace && text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!plain.includes('%')) return plain;
  return plain.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Percent-encodes every byte of a path but slashes and what never needs it. */
export function percentEncodePath(path: ByteString): string {
  return path.replace(
    /[^A-Za-z0-9/._~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** The bytes that a wrapped or plain value stands for. Undefined: brackets around what is not padded base64url. */
export function parseWrapped(text: ByteString): ByteString | undefined {
  if (text.length < 2 || !text.startsWith('[') || !text.endsWith(']')) return text;
  return decodeBase64(text.slice(1, -1), 'url');
}

/** Text that `parseWrapped` reads back, always UTF-8 when encoded as such: what JSON members and URLs carry. */
export function formatWrapped(bytes: ByteString): string {
  const text = byteStringToUTF8(bytes);
  if (text !== undefined && !(text.startsWith('[') && text.endsWith(']'))) return text;
  return `[${encodeBase64url(bytes)}]`;
}

/** With padding, as git-annex has it. */
export function encodeBase64url(bytes: ByteString): string {
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_');
}

/** A value as it is written in a path or a query. */
export function formatParameter(bytes: ByteString): ByteString {
  return encodeURIComponent(formatWrapped(bytes));
}

/**
 * Strict padded base64. `url` takes the alphabet with `-` and `_`; `either` takes the standard one too.
 * @returns undefined for anything else
 */
export function decodeBase64(text: ByteString, alphabet: 'url' | 'either'): ByteString | undefined {
  const pattern = alphabet === 'url' ? base64urlPattern : base64EitherPattern;
  if (text.length % 4 !== 0 || !pattern.test(text)) return undefined;
  return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
}

/**
 * An integer as Haskell's `read` takes it: decimal, 0x or 0o, with spaces and parentheses around it, and a minus sign.
 * Larger than a number can hold exactly becomes the largest that it can (no file and no clock gets there).
 */
export function parseInteger(text: ByteString): number | undefined {
  let inner = text.trim();
  if (inner.length > maxIntegerText) return undefined;
  while (inner.startsWith('(') && inner.endsWith(')')) inner = inner.slice(1, -1).trim();
  const match = integerPattern.exec(inner);
  if (match === null) return undefined;
  const magnitude = Math.min(Number(match[2]), Number.MAX_SAFE_INTEGER);
  return match[1] === '-' && magnitude !== 0 ? -magnitude : magnitude;
}

const base64urlPattern = /^[A-Za-z0-9_-]*={0,2}$/;
const base64EitherPattern = /^[A-Za-z0-9+/_-]*={0,2}$/;
const integerPattern = /^(-?)\s*([0-9]+|0[xX][0-9a-fA-F]+|0[oO][0-7]+)$/;
const maxIntegerText = 1000;
