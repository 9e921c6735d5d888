/**
 * Legal names of remotes and clusters: letters, digits, `_`, `-` and `.`, not beginning with `.` or `-`. They become
 * parts of git configuration keys and of file names. Letters and digits are Unicode's, as with git-annex.
 */

import {
  byteStringToText,
  byteStringToUTF8,
  textToByteString,
  type ByteString,
} from '../util/byte-string.ts';

export function isLegalRemoteName(name: ByteString): boolean {
  const text = byteStringToUTF8(name);
  return text !== undefined && legalPattern.test(text);
}

/** The nearest legal name: `/` becomes `_`, other illegal characters go; `unnamed` where nothing is left. */
export function sanitizeRemoteName(name: ByteString): ByteString {
  const kept = byteStringToText(name)
    .replaceAll('/', '_')
    .replace(/[^\p{L}\p{N}_.-]+/gu, '')
    .replace(/^[.-]+/, '');
  return kept === '' ? 'unnamed' : textToByteString(kept);
}

const legalPattern = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;
