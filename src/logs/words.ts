/**
 * Values that are lists of words: `WORD SP WORD …`, as in proxy.log, cluster.log and export.log.
 *
 * Words are kept as sorted sets where git-annex has sets. One space separates two words and one may follow the last;
 * a value with more spaces is unreadable to git-annex, so it is here.
 */

import { compareByteStrings, type ByteString } from '../util/byte-string.ts';

/** The words of a value; none for an empty value, undefined for one that git-annex would not read. */
export function parseWords(text: ByteString): ByteString[] | undefined {
  if (text === '') return [];
  const words = (text.endsWith(' ') ? text.slice(0, -1) : text).split(' ');
  return words.includes('') ? undefined : words;
}

/** Sorted by bytes, each word once. */
export function sortedWords<W extends ByteString>(words: Iterable<W>): W[] {
  return [...new Set(words)].sort(compareByteStrings);
}
