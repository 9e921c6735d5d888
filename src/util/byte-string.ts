/**
 * Byte strings: JavaScript strings whose every code unit is one byte (0 to 255).
 *
 * Keys, UUIDs, file names and the lines of the git-annex branch are bytes to git-annex, and need not be UTF-8.
 * Holding them one byte a code unit keeps them lossless, and makes JavaScript's string order the byte order that
 * git-annex sorts by. Text for people is decoded at the edge (`byteStringToText`).
 */

/** A string of code units 0 to 255, each one byte. */
export type ByteString = string;

/** Decodes bytes one to one. Stays fast on long inputs by decoding in pieces. */
export function bytesToByteString(bytes: Uint8Array): ByteString {
  let result = '';
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    result += String.fromCharCode(...bytes.subarray(start, start + pieceBytes));
  }
  return result;
}

/** The bytes of a byte string. */
export function byteStringToBytes(text: ByteString): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** UTF-8 encodes ordinary text. */
export function textToByteString(text: string): ByteString {
  return isASCII(text) ? text : bytesToByteString(new TextEncoder().encode(text));
}

/** Decodes UTF-8 for people to read; bytes that are not UTF-8 become U+FFFD. */
export function byteStringToText(text: ByteString): string {
  return isASCII(text) ? text : new TextDecoder().decode(byteStringToBytes(text));
}

/** Decodes UTF-8, or undefined where the bytes are not UTF-8. */
export function byteStringToUTF8(text: ByteString): string | undefined {
  if (isASCII(text)) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(byteStringToBytes(text));
  } catch {
    return undefined;
  }
}

/** Whether every code unit is below 128. */
export function isASCII(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false;
  return true;
}

/** Byte order, as git-annex sorts. For use with `sort`. */
export function compareByteStrings(left: ByteString, right: ByteString): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

// Function arguments are bounded by the stack.
const pieceBytes = 8192;
