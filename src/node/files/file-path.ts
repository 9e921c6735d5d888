/** The paths of `/NAME/files/`, from their bytes. */

import { percentDecode } from '../../p2p/http/values.ts';
import { textToByteString, type ByteString } from '../../util/byte-string.ts';

export interface FilePath {
  /** What follows `files/`, without a slash at its end. */
  readonly parts: readonly ByteString[];
  /** There is a slash at its end: a directory. */
  readonly isDirectory: boolean;
}

/** Undefined for a path of somebody else. `bad`: no path that a file can have. */
export function readFilePath(path: ByteString, repositoryName: string): FilePath | 'bad' | undefined {
  const prefix = `/${textToByteString(repositoryName)}/files`;
  // Clients differ in what they percent-encode.
  const decoded = percentDecode(path, { plusIsSpace: false });
  if (decoded === prefix) return { parts: [], isDirectory: false };
  if (!decoded.startsWith(`${prefix}/`)) return undefined;
  if (/%(?![0-9a-fA-F]{2})/.test(path) || decoded.includes('\0')) return 'bad';
  const below = decoded.slice(prefix.length + 1);
  const isDirectory = below === '' || below.endsWith('/');
  const parts = below === '' ? [] : below.replace(/\/$/, '').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'bad';
  return { parts, isDirectory };
}
