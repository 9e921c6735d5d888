/**
 * The lines of a file of the git-annex branch. Any run of CR and LF ends a line, and empty lines mean nothing.
 *
 * Values that people choose must not hold either character: git-annex writes them as they are and then reads only a
 * part of them back, so changes are refused here instead (`checkLogText`).
 */

import type { ByteString } from '../util/byte-string.ts';
import { AnnexError } from '../types/annex-error.ts';

/** The lines that are not empty. */
export function logLines(content: ByteString): ByteString[] {
  return content.split(lineEnd).filter((line) => line !== '');
}

/** Each line ended by a line feed. */
export function formatLogLines(lines: readonly ByteString[]): ByteString {
  return lines.map((line) => `${line}\n`).join('');
}

/** Gives the text back; throws `config` for one that cannot stand in a log line. `what` names it in the error. */
export function checkLogText(text: ByteString, what: string): ByteString {
  if (!/[\r\n]/.test(text)) return text;
  throw new AnnexError('config', `${what} may not contain line breaks`);
}

/** As `checkLogText`, for text that the line format wants without spaces (a UUID, a config key, a group's name). */
export function checkLogWord(text: ByteString, what: string): ByteString {
  checkLogText(text, what);
  if (text !== '' && !/[ \t\v\f]/.test(text)) return text;
  throw new AnnexError('config', `${what} may not be empty and may not contain whitespace`);
}

const lineEnd = /[\r\n]+/;
