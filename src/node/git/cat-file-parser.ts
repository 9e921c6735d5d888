/**
 * The push decoder for what `git cat-file --batch` prints: `ID TYPE SIZE LF bytes LF`, or `NAME missing LF`; of
 * `--batch-check` there are the headers alone. Objects over the limit are passed over without being kept.
 */

import { AnnexError } from '../../types/annex-error.ts';

export interface GitObject {
  readonly id: string;
  readonly type: 'blob' | 'tree' | 'commit' | 'tag';
  readonly sizeBytes: number;
  /** None where only headers are asked for. */
  readonly bytes: Uint8Array;
}

type Answer = GitObject | 'missing' | 'too-large';

export class CatFileParser {
  /** Undefined: there are headers only. */
  readonly #maxObjectBytes: number | undefined;
  /** The beginning of a header line that has not ended. */
  #line: Buffer[] = [];
  #lineBytes = 0;
  #object: Pending | undefined;

  constructor(maxObjectBytes: number | undefined) {
    this.#maxObjectBytes = maxObjectBytes;
  }

  /** Calls `answer` for each answer that is complete, in order. Throws AnnexError where the output makes no sense. */
  push(chunk: Buffer, answer: (answer: Answer) => void): void {
    let at = 0;
    while (at < chunk.length) {
      at = this.#object === undefined ? this.#header(chunk, at, answer) : this.#body(chunk, at, answer);
    }
  }

  #header(chunk: Buffer, start: number, answer: (answer: Answer) => void): number {
    const end = chunk.indexOf(lineFeed, start);
    const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
    this.#lineBytes += piece.length;
    if (this.#lineBytes > maxLineBytes)
      throw new AnnexError('remote', 'git cat-file printed an endless line');
    if (end === -1) {
      this.#line.push(piece);
      return chunk.length;
    }
    const line = Buffer.concat([...this.#line, piece]).toString('latin1');
    this.#line = [];
    this.#lineBytes = 0;
    const match = /^([0-9a-f]{40,64}) (blob|tree|commit|tag) (\d+)$/.exec(line);
    if (match === null) {
      if (!/ (missing|ambiguous)$/.test(line))
        throw new AnnexError('remote', `git cat-file printed: ${line}`);
      answer('missing');
      return end + 1;
    }
    const [, id = '', type = '', size = ''] = match;
    const sizeBytes = Number(size);
    const head = { id, type: type as GitObject['type'], sizeBytes };
    const most = this.#maxObjectBytes;
    if (most === undefined) answer({ ...head, bytes: nothing });
    else this.#object = { ...head, left: sizeBytes + 1, isKept: sizeBytes <= most, pieces: [] };
    return end + 1;
  }

  /** The bytes of the object and the line feed after them. */
  #body(chunk: Buffer, start: number, answer: (answer: Answer) => void): number {
    const object = this.#object;
    if (object === undefined) return start;
    const piece = chunk.subarray(start, start + object.left);
    object.left -= piece.length;
    if (object.isKept) object.pieces.push(piece);
    if (object.left === 0) {
      this.#object = undefined;
      if (object.isKept) {
        // A copy: the chunk it came in is much larger and would be kept alive.
        const bytes = Buffer.concat(object.pieces).subarray(0, -1);
        answer({ id: object.id, type: object.type, sizeBytes: object.sizeBytes, bytes });
      } else answer('too-large');
    }
    return start + piece.length;
  }
}

interface Pending {
  readonly id: string;
  readonly type: GitObject['type'];
  readonly sizeBytes: number;
  /** Bytes to come, the final line feed included. */
  left: number;
  readonly isKept: boolean;
  readonly pieces: Buffer[];
}

const nothing = new Uint8Array();
const lineFeed = 10;
const maxLineBytes = 65_536;
