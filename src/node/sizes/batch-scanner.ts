/**
 * Sums up a branch from what `git cat-file --batch='%(objectsize) %(rest)'` prints, where the rest is the file's path:
 * `SIZE SP PATH LF bytes LF`. A push decoder: memory does not grow with the branch.
 */

import { AnnexError } from '../../types/annex-error.ts';
import type { UUID } from '../../types/uuid.ts';
import { Amounts, NumberedAmounts } from './amounts.ts';
import { LocationScanner } from './location-scanner.ts';
import { noLocationLog, sizeAtPath } from './log-path-scanner.ts';
import { unquotePath } from './unquote-path.ts';

export class BatchScanner {
  readonly #scanner = new LocationScanner();
  readonly #sums = new NumberedAmounts();
  /** A beginning of a file that has not come whole. */
  #rest: Buffer = empty;
  /** Bytes of a file that is of no interest, and are still to come. */
  #skip = 0;

  /** Throws AnnexError('remote') where the output makes no sense, or an object is missing. */
  push(chunk: Buffer): void {
    if (this.#skip >= chunk.length) {
      this.#skip -= chunk.length;
      return;
    }
    let source = this.#skip === 0 ? chunk : chunk.subarray(this.#skip);
    this.#skip = 0;
    if (this.#rest.length > 0) source = Buffer.concat([this.#rest, source]);
    let at = 0;
    for (let next = this.#file(source, at); next !== undefined; next = this.#file(source, at)) at = next;
    this.#rest = at < source.length ? Buffer.from(source.subarray(at)) : empty;
  }

  /** What was summed up. Throws AnnexError('remote') where the output ended in the middle. */
  finish(): Amounts {
    if (this.#rest.length > 0 || this.#skip > 0)
      throw new AnnexError('remote', 'git cat-file ended in the middle of a file');
    const { uuids } = this.#scanner;
    return new Amounts(
      Array.from(
        { length: uuids.size },
        (_, number) => [uuids.uuid(number), this.#sums.get(number)] as const,
      ).filter(([, { keys }]) => keys > 0) satisfies (readonly [UUID, unknown])[],
    );
  }

  /** Where the next file begins; undefined where this one has not come whole. */
  #file(source: Buffer, start: number): number | undefined {
    if (start >= source.length) return undefined;
    const lineEnd = source.indexOf(lineFeed, start);
    if (lineEnd === -1) {
      if (source.length - start > maxLineBytes)
        throw new AnnexError('remote', 'git cat-file printed an endless line');
      return undefined;
    }
    let at = start;
    let size = 0;
    for (; at < lineEnd; at++) {
      const digit = (source[at] ?? 0) - zero;
      if (digit < 0 || digit > 9) break;
      size = size * 10 + digit;
    }
    if (at === start || source[at] !== space || at - start > maxDigits)
      throw new AnnexError('remote', `git cat-file printed: ${source.toString('latin1', start, lineEnd)}`);
    const contentStart = lineEnd + 1;
    const end = contentStart + size + 1;
    const keySize = this.#keySize(source, at + 1, lineEnd);
    if (keySize === noLocationLog) {
      if (end > source.length) {
        this.#skip = end - source.length;
        return source.length;
      }
      return end;
    }
    if (size > maxLogBytes)
      throw new AnnexError('remote', `a location log is larger than ${maxLogBytes} bytes`);
    if (end > source.length) return undefined;
    for (const number of this.#scanner.scan(source, contentStart, end - 1)) this.#sums.add(number, keySize);
    return end;
  }

  #keySize(source: Buffer, start: number, end: number): number {
    if (source[start] !== quote) return sizeAtPath(source, start, end);
    const path = unquotePath(source.subarray(start, end));
    return sizeAtPath(path, 0, path.length);
  }
}

const empty: Buffer = Buffer.alloc(0);
const lineFeed = 0x0a;
const space = 0x20;
const quote = 0x22;
const zero = 0x30;
const maxDigits = 15;
const maxLineBytes = 65_536;
const maxLogBytes = 64 * 1024 * 1024;
