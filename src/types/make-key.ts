/**
 * Making keys: of content by its hash, and the names of keys that are made from a file's path (WORM) or an address
 * (URL, VURL).
 */

import { md5 } from '@noble/hashes/legacy.js';
import { byteStringToBytes, type ByteString } from '../util/byte-string.ts';
import { backendOf } from './backend.ts';
import { selectExtension, type ExtensionLimits } from './extension.ts';
import { formatKey, maxExtensionBytes, type Key } from './key.ts';

export interface HashKeyOptions extends ExtensionLimits {
  /** One with a hash, e.g. `SHA256E`. */
  readonly variety: ByteString;
  /** In lower case. */
  readonly digestHex: string;
  readonly sizeBytes: number;
  /** Gives the extension where the variety has one; may be a path. */
  readonly fileName: ByteString;
}

/** The key of content whose hash is known. */
export function hashKey(options: HashKeyOptions): Key {
  const { variety, digestHex, sizeBytes, fileName } = options;
  const extension = backendOf(variety).hasExtension ? selectExtension(fileName, options) : '';
  // Generous limits make git-annex give keys that it cannot read back; those go without an extension here.
  if (extension.length > maxExtensionBytes) return formatKey({ variety, sizeBytes, name: digestHex });
  return formatKey({ variety, sizeBytes, name: digestHex + extension });
}

/**
 * The name that git-annex gives to a WORM key of this path (from the top of the work tree) or a URL or VURL key of this
 * address. Characters outside of `A-Z a-z 0-9 . - _ / % :` become `,` and their code point, a comma two; a byte that is
 * no UTF-8 counts as U+DC00 and itself. What has more than 64 bytes is cut, and marked with its MD5.
 */
export function keyNameOf(text: ByteString): ByteString {
  let name = '';
  for (let index = 0; index < text.length; ) {
    const char = text.charAt(index);
    const { codePoint, bytes } = codePointAt(text, index);
    name += plain.test(char) ? char : char === ',' ? ',,' : `,${codePoint}`;
    index += bytes;
  }
  if (text.length <= maxNameBytes) return name;
  const digest = Array.from(md5(byteStringToBytes(text)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
  return `${name.slice(0, cutNameBytes)}-${digest}`;
}

interface CodePoint {
  readonly codePoint: number;
  readonly bytes: number;
}

/** Decodes one character of UTF-8, or one byte where there is none. */
function codePointAt(text: ByteString, index: number): CodePoint {
  const first = text.charCodeAt(index);
  if (first < 0x80) return { codePoint: first, bytes: 1 };
  const asByte = { codePoint: 0xdc00 + first, bytes: 1 };
  const bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  let codePoint = first & (0xff >> (bytes + 1));
  for (let offset = 1; offset < bytes; offset++) {
    const next = text.charCodeAt(index + offset);
    if ((next & 0xc0) !== 0x80) return asByte;
    codePoint = (codePoint << 6) | (next & 0x3f);
  }
  const isSurrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
  const least = bytes === 2 ? 0x80 : bytes === 3 ? 0x800 : 0x10000;
  if (first < 0xc2 || first > 0xf4 || codePoint < least || codePoint > 0x10ffff || isSurrogate) return asByte;
  return { codePoint, bytes };
}

const plain = /[A-Za-z0-9.\-_/%:]/;
const maxNameBytes = 64;
const cutNameBytes = 31;
