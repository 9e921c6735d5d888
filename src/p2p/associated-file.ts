/**
 * The associated file of a key on the wire (interop reference §4.3): one word, relative to the top of the repository.
 *
 *     %  ->  %%        white space  ->  %
 *
 * What was white space cannot be told from any other: it is read as `_`, as git-annex does. So are control characters.
 */

import type { ByteString } from '../util/byte-string.ts';

/** Undefined for an absolute path, with which git-annex takes the whole message for nonsense. An empty word is no file. */
export function parseAssociatedFile(word: ByteString): { readonly file: ByteString | undefined } | undefined {
  if (word === '') return { file: undefined };
  if (word.startsWith('/')) return undefined;
  return { file: word.replaceAll(unreadable, (found) => (found === '%%' ? '%' : '_')) };
}

export function formatAssociatedFile(file: ByteString | undefined): ByteString {
  return file === undefined
    ? ''
    : file.replaceAll(/[% \t\n\v\f\r]/g, (found) => (found === '%' ? '%%' : '%'));
}

// Bytes past 127 are parts of names.
const unreadable = new RegExp(String.raw`%%|%|[\u0000-\u001f\u007f]`, 'g');
