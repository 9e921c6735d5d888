/**
 * Git's pkt-lines (gitprotocol-common) out of bytes that come in any pieces: four hexadecimal digits that count themselves
 * and what follows; `0000` is a flush.
 */

import { bytesToByteString, type ByteString } from '../../util/byte-string.ts';

export class PktLines {
  #rest: Buffer = Buffer.alloc(0);
  #isBroken = false;

  /** The next lines that are whole; undefined stands for a flush. Nothing more after what is no pkt-line. */
  *push(chunk: Uint8Array): Generator<ByteString | undefined> {
    if (this.#isBroken) return;
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4) {
      const digits = this.#rest.toString('latin1', 0, 4);
      const length = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : -1;
      if (length === 0) {
        this.#rest = this.#rest.subarray(4);
        yield undefined;
      } else if (length < 4) {
        this.#isBroken = true;
        this.#rest = Buffer.alloc(0);
        return;
      } else {
        if (this.#rest.length < length) return;
        const line = bytesToByteString(this.#rest.subarray(4, length));
        this.#rest = this.#rest.subarray(length);
        yield line;
      }
    }
  }
}
