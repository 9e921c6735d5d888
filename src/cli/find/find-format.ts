/**
 * Format strings of `find --format`, as git-annex reads them: `${file}`, `${key;20}` right-justified, `${key;-20}` left,
 * `${escaped_file}` with escapes for what is unusual, and `\n`, `\t`, `\\`, `\000`, `\x41` outside of them. What is not
 * well formed stands for itself, an unknown variable for nothing.
 */

import { byteStringToText, textToByteString, type ByteString } from '../../util/byte-string.ts';
import { controlByLetter } from '../../util/c-escapes.ts';
import { escapeUnusual } from '../quote-path.ts';

export type FindFormat = readonly Part[];

type Part =
  | { readonly type: 'text'; readonly text: ByteString }
  | {
      readonly type: 'variable';
      readonly name: ByteString;
      readonly isEscaped: boolean;
      /** Characters; negative pads on the right. */
      readonly width: number;
    };

export function parseFindFormat(format: ByteString): FindFormat {
  const parts: Part[] = [];
  let end = 0;
  for (const match of format.matchAll(/\$\{([^;}]*)(?:;([^}]*))?\}/g)) {
    const [whole, variable = '', width = ''] = match;
    parts.push({ type: 'text', text: unescape(format.slice(end, match.index)) });
    end = match.index + whole.length;
    const isEscaped = variable.startsWith(escapedPrefix);
    parts.push({
      type: 'variable',
      name: isEscaped ? variable.slice(escapedPrefix.length) : variable,
      isEscaped,
      width: /^-?\d{1,9}$/.test(width) ? Number(width) : 0,
    });
  }
  parts.push({ type: 'text', text: unescape(format.slice(end)) });
  return parts;
}

export function formatFound(format: FindFormat, values: ReadonlyMap<ByteString, ByteString>): ByteString {
  return format
    .map((part) => {
      if (part.type === 'text') return part.text;
      const value = values.get(part.name) ?? '';
      return justify(part.isEscaped ? escapeUnusual(value) : value, part.width);
    })
    .join('');
}

function justify(value: ByteString, width: number): ByteString {
  const missing = Math.abs(width) - Array.from(byteStringToText(value)).length;
  if (missing <= 0) return value;
  return width < 0 ? value + ' '.repeat(missing) : ' '.repeat(missing) + value;
}

function unescape(text: ByteString): ByteString {
  return text.replace(escapes, (_escape, octal?: string, hex?: string, letter: string = '') => {
    const code = octal === undefined ? hex : octal;
    if (code !== undefined)
      return textToByteString(String.fromCodePoint(Number.parseInt(code, octal === undefined ? 16 : 8)));
    return controlByLetter[letter] ?? letter;
  });
}

const escapedPrefix = 'escaped_';
const escapes = /\\(?:([0-7]{3})|x([0-9a-fA-F]{2})|([^]))/g;
