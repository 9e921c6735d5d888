/**
 * git-annex's globs: `*` is any text, slashes too, `?` one character, `[a-z]`, `[!a-z]` and `[[:alpha:]]` one of a class. A
 * glob matches from one end to the other.
 *
 * Matching takes time in proportion to both lengths whatever the glob is: expressions come from everybody who can write
 * to the git-annex branch. git-annex turns globs into regular expressions; what follows from that is followed here.
 */

import { AnnexError } from '../types/annex-error.ts';
import { byteStringToUTF8, type ByteString } from '../util/byte-string.ts';
import { parseCharacterClass, type CharacterClass } from './character-class.ts';

/** Whether a text matches. */
export type Glob = (text: ByteString) => boolean;

export interface GlobOptions {
  readonly ignoreCase?: boolean;
  /** A slash matches any number of them. */
  readonly isPath?: boolean;
}

/** Throws `config` for a class without an end or without sense. */
export function parseGlob(glob: ByteString, options: GlobOptions = {}): Glob {
  const parts = parseParts(glob, options);
  return (text) => matchesSomewhere(parts, characters(text, options));
}

type Part =
  | { readonly type: 'any-text' }
  | { readonly type: 'any-character' }
  | { readonly type: 'character'; readonly character: string }
  | { readonly type: 'class'; readonly class: CharacterClass; readonly repeats: boolean };

/**
 * Reads the regular expression that git-annex makes of a glob. It has to be made: git-annex ends a class at the first `]`
 * and quotes what comes after, which is then often inside of the class, so that `[[:alpha:]]` also matches a backslash.
 */
function parseParts(glob: ByteString, options: GlobOptions): Part[] {
  const from = toRegularExpression(characters(glob, options), options);
  const parts: Part[] = [];
  for (let at = 0; at < from.length; at++) {
    const character = from[at] as string;
    if (character === '.') {
      const isText = from[at + 1] === '*';
      if (isText) at++;
      parts.push({ type: isText ? 'any-text' : 'any-character' });
    } else if (character === '[') {
      const parsed = parseCharacterClass(from, at + 1);
      if (parsed === undefined) throw new AnnexError('config', `bad character class in glob "${glob}"`);
      const repeats = from[parsed.end + 1] === '+';
      parts.push({ type: 'class', class: parsed.class, repeats });
      at = repeats ? parsed.end + 1 : parsed.end;
    } else if (character === '\\') parts.push({ type: 'character', character: from[++at] as string });
    else parts.push({ type: 'character', character });
  }
  return parts;
}

function toRegularExpression(glob: readonly string[], { isPath = false }: GlobOptions): string[] {
  const made: string[] = [];
  for (let at = 0; at < glob.length; at++) {
    const character = glob[at] as string;
    if (character === '*') made.push('.', '*');
    else if (character === '?') made.push('.');
    else if (character === '/' && isPath) made.push('[', '/', ']', '+');
    else if (character !== '[') made.push(...(letterOrDigit.test(character) ? [] : ['\\']), character);
    else {
      const isNegated = glob[at + 1] === '!';
      const start = isNegated ? at + 2 : at + 1;
      const end = glob.indexOf(']', start);
      made.push('[', ...(isNegated ? ['^'] : []), ...glob.slice(start, end === -1 ? undefined : end + 1));
      at = end === -1 ? glob.length : end;
    }
  }
  return made;
}

/**
 * All states of the match at once: `reached` holds whether the parts before each index match the text so far.
 *
 * To the regular expressions of git-annex every line of the text has ends of its own, and only a class that names the line
 * feed matches one.
 */
function matchesSomewhere(parts: readonly Part[], text: readonly string[]): boolean {
  let reached = new Uint8Array(parts.length + 1);
  reached[0] = 1;
  for (const character of text) {
    skipEmpty(parts, reached);
    const isLineEnd = character === '\n';
    if (isLineEnd && reached[parts.length] === 1) return true;
    const next = new Uint8Array(parts.length + 1);
    for (const [at, part] of parts.entries()) {
      if (reached[at] === 0 || !matchesCharacter(part, character)) continue;
      if (part.type !== 'any-text') next[at + 1] = 1;
      if (part.type === 'any-text' || (part.type === 'class' && part.repeats)) next[at] = 1;
    }
    if (isLineEnd) next[0] = 1;
    reached = next;
  }
  skipEmpty(parts, reached);
  return reached[parts.length] === 1;
}

function skipEmpty(parts: readonly Part[], reached: Uint8Array): void {
  for (const [at, part] of parts.entries())
    if (part.type === 'any-text' && reached[at] === 1) reached[at + 1] = 1;
}

function matchesCharacter(part: Part, character: string): boolean {
  switch (part.type) {
    case 'any-text':
    case 'any-character':
      return character !== '\n';
    case 'character':
      return part.character === character;
    case 'class':
      return part.class(character);
  }
}

/** Characters of Unicode; a byte that is not UTF-8 is a character of its own. */
function characters(text: ByteString, { ignoreCase = false }: GlobOptions): string[] {
  const decoded = byteStringToUTF8(text) ?? decodeLossless(text);
  return Array.from(ignoreCase ? decoded.toLowerCase() : decoded);
}

/** Bytes outside of UTF-8 become U+DC80 to U+DCFF, which nothing else decodes to. */
function decodeLossless(text: ByteString): string {
  return text.replace(
    /([\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})|[\x80-\xff]/g,
    (bytes, sequence?: string) => {
      const character = sequence === undefined ? undefined : byteStringToUTF8(sequence);
      return character ?? Array.from(bytes, escapeByte).join('');
    },
  );
}

function escapeByte(byte: string): string {
  return String.fromCharCode(0xdc00 + byte.charCodeAt(0));
}

const letterOrDigit = /^[\p{L}\p{N}]$/u;
