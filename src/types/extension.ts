/**
 * The file extension that a key of an E backend takes over from its file, as git-annex chooses it: `.tar.gz`, but not
 * `.5 of the best`. Configured by annex.maxextensionlength and annex.maxextensions.
 */

import type { ByteString } from '../util/byte-string.ts';

export interface ExtensionLimits {
  /** Bytes without the dot; 4 unless annex.maxextensionlength says else. */
  readonly maxExtensionLength?: number | undefined;
  /** 2 unless annex.maxextensions says else. */
  readonly maxExtensions?: number | undefined;
}

/** The extension with its leading dot, or nothing. `fileName` may be a path. */
export function selectExtension(fileName: ByteString, limits: ExtensionLimits = {}): ByteString {
  const { maxExtensionLength = 4, maxExtensions = 2 } = limits;
  const baseName = fileName.slice(fileName.lastIndexOf('/') + 1).replace(/^\.+/, '');
  const chosen: ByteString[] = [];
  const pieces = baseName.split('.').slice(1);
  // From the end: a piece that is too long ends the search, one of other characters is only left out. An empty piece
  // uses up one of the allowed number, though it is not seen in the end.
  for (let index = pieces.length - 1; index >= 0 && chosen.length < maxExtensions; index--) {
    const piece = pieces[index] ?? '';
    if (piece.length > maxExtensionLength) break;
    if (extensionPiece.test(piece)) chosen.push(piece);
  }
  return chosen
    .reverse()
    .map((piece) => (piece === '' ? '' : `.${piece}`))
    .join('');
}

const extensionPiece = /^[A-Za-z0-9\x80-\xff]*$/;
