/**
 * File names as git and git-annex print them: as they are, or in double quotes with C's escapes where they hold a quote, a
 * backslash or a control character, and with core.quotePath (on unless configured) any byte that is not ASCII.
 */

import { byteStringToText, type ByteString } from '../util/byte-string.ts';
import { controlByLetter } from '../util/c-escapes.ts';

export interface QuoteOptions {
  /** core.quotePath. */
  readonly quoteNonASCII: boolean;
}

export function quotePath(path: ByteString, { quoteNonASCII }: QuoteOptions): string {
  const odd = quoteNonASCII ? oddOrNonASCII : oddCharacter;
  if (path.search(odd) === -1) return byteStringToText(path);
  return `"${byteStringToText(escaped(path, odd))}"`;
}

/** C's escapes for quotes, backslashes, control characters and all that is not ASCII, without quotes around it. */
export function escapeUnusual(text: ByteString): ByteString {
  return escaped(text, oddOrNonASCII);
}

/** What a terminal can show without being steered by it: escapes for control characters and backslashes. */
export function quoteForTerminal(path: ByteString): ByteString {
  return escaped(path, steering);
}

/** Text that comes from others, without what would steer a terminal. Line feeds and tabs stay. */
export function withoutControls(text: string): string {
  return text.replace(controls, '');
}

function escaped(text: ByteString, odd: RegExp): ByteString {
  return text.replace(new RegExp(odd, 'g'), (character) => escapes[character] ?? octal(character));
}

function octal(character: string): string {
  return `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
}

// oxlint-disable-next-line no-control-regex -- control characters are what these are about
const oddCharacter = /[\0-\x1f\x7f"\\]/;
// oxlint-disable-next-line no-control-regex
const oddOrNonASCII = /[\0-\x1f\x7f-\xff"\\]/;
// oxlint-disable-next-line no-control-regex
const steering = /[\0-\x1f\x7f\\]/;
// oxlint-disable-next-line no-control-regex
const controls = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g;

const escapes: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(controlByLetter).map(([letter, control]) => [control, `\\${letter}`])),
  '"': '\\"',
  '\\': '\\\\',
};
