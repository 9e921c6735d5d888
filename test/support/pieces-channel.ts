/** The reading side of a channel with known bytes, given in pieces that are overwritten at the next read, as sockets do. */

import type { Channel } from '../../src/p2p/channel.ts';

export interface PiecesChannel extends Channel {
  /** How many bytes were read from it so far. */
  readonly readBytes: number;
}

export function piecesChannel(content: Uint8Array, pieceBytes: number): PiecesChannel {
  const buffer = new Uint8Array(pieceBytes);
  let at = 0;
  return {
    get readBytes() {
      return at;
    },
    read: () => {
      buffer.fill(0xee);
      const piece = content.subarray(at, at + pieceBytes);
      if (piece.length === 0) return Promise.resolve(undefined);
      at += piece.length;
      buffer.set(piece);
      return Promise.resolve(buffer.subarray(0, piece.length));
    },
    write: () => Promise.resolve(),
    end: () => Promise.resolve(),
    destroy: () => undefined,
  };
}
