/**
 * What clients are told of a failure: the same words without the places on this machine that systems, git and ourselves
 * name in them. Events have them whole.
 */

/** Absolute paths, between quotes or up to a space, become `…`. */
export function withoutPaths(message: string): string {
  if (!message.includes('/')) return message;
  return message.replaceAll(quoted, '$1…$1').replaceAll(plain, '…');
}

const quoted = /(['"`])\/[^'"`]*\1/g;
/** Not within a word, as in URLs, keys and fractions. */
const plain = /(?<![^\s'"`(=:]|:(?=\/\/))\/[^\s'"`();,]*(?<!:)/g;
