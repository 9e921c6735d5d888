/**
 * Parses preferred content expressions.
 *
 *     exclude=archive/* and (include=*.mp3 or smallerthan=1mb)
 *
 * Words stand between whitespace and parentheses; there is no quoting, so no value can hold either. `standard` and
 * `groupwanted` stay references: what they stand for depends on the repository (see expand.ts).
 */

import { AnnexError } from '../types/annex-error.ts';
import {
  byteStringToText,
  byteStringToUTF8,
  textToByteString,
  type ByteString,
} from '../util/byte-string.ts';
import { foldTokens, type Matcher, type Token } from './fold-tokens.ts';
import { parseTerm } from './parse-term.ts';
import type { Term } from './term.ts';

export type Expression = Matcher<Term | Reference>;

export interface Reference {
  readonly reference: 'standard' | 'groupwanted';
  readonly text: ByteString;
}

/** Throws `config` with git-annex's reason and the place of each word that is wrong. */
export function parseExpression(text: ByteString): Expression {
  const failures: string[] = [];
  const tokens: Token<Term | Reference>[] = [];
  for (const { word, at } of wordsOf(text)) {
    const operator = operators.get(word);
    if (operator !== undefined) {
      tokens.push({ type: operator });
      continue;
    }
    try {
      const term = isReference(word) ? { reference: word, text: word } : parseTerm(word);
      if (term === undefined) failures.push(`near "${byteStringToText(word)}" (at character ${at})`);
      else tokens.push({ type: 'term', term });
    } catch (error) {
      if (!(error instanceof AnnexError) || error.code !== 'config') throw error;
      failures.push(`${error.message} (in "${byteStringToText(word)}", at character ${at})`);
    }
  }
  if (failures.length === 0) return foldTokens(tokens);
  throw new AnnexError('config', failures.map((failure) => `Parse failure: ${failure}`).join('; '));
}

interface Word {
  readonly word: ByteString;
  /** Counted in characters, from 1. */
  readonly at: number;
}

/** Bytes are no characters: a part of `à` would pass for a space. */
function wordsOf(text: ByteString): Word[] {
  const characters = byteStringToUTF8(text);
  if (characters === undefined) {
    return [...text.matchAll(/[()]|[^ \t-\r()]+/g)].map(({ 0: word, index }) => ({ word, at: index + 1 }));
  }
  let at = 1;
  let counted = 0;
  return [...characters.matchAll(/[()]|[^\t-\r\p{Zs}()]+/gu)].map(({ 0: word, index }) => {
    // On from the word before: expressions come from everybody who can write to the git-annex branch.
    at += Array.from(characters.slice(counted, index)).length;
    counted = index;
    return { word: textToByteString(word), at };
  });
}

function isReference(word: ByteString): word is Reference['reference'] {
  return word === 'standard' || word === 'groupwanted';
}

const operators: ReadonlyMap<ByteString, 'and' | 'or' | 'not' | 'open' | 'close'> = new Map([
  ['and', 'and'],
  ['or', 'or'],
  ['not', 'not'],
  ['(', 'open'],
  [')', 'close'],
] as const);
