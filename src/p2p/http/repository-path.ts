/**
 * Where a repository's name ends in a path of a server that has many:
 *
 *     /lab/mice.git/info/refs            the git side of lab/mice
 *     /lab/mice/git-annex/UUID/…         its annex API
 *     /lab/mice/files/main/a.nii         its files
 *
 * Names have slashes, so what follows is told by the first part of the path that no name can have.
 */

import { byteStringToUTF8, type ByteString } from '../../util/byte-string.ts';
import { percentDecode } from './values.ts';

export interface RepositoryPath {
  readonly name: string;
  readonly side: 'git' | 'annex' | 'files';
  /** Where what is below the side begins: at its slash, or at the end of the path. Still percent-encoded. */
  readonly rest: ByteString;
}

/** Undefined for a path that is no repository's. */
export function readRepositoryPath(path: ByteString): RepositoryPath | undefined {
  const parts = path.split('/').slice(1);
  for (const [index, part] of parts.entries()) {
    const decoded = decode(part);
    const side = decoded === undefined ? undefined : sideOf(decoded);
    if (decoded === undefined || side === undefined) continue;
    const above = parts.slice(0, index).map(decode);
    const last = side === 'git' ? [decoded.slice(0, -'.git'.length)] : [];
    const names = [...above, ...last];
    if (names.length === 0 || names.some((name) => name === undefined || name === '')) return undefined;
    const rest = parts.slice(index + 1);
    return { name: names.join('/'), side, rest: rest.length === 0 ? '' : `/${rest.join('/')}` };
  }
  return undefined;
}

function sideOf(part: string): RepositoryPath['side'] | undefined {
  if (part.endsWith('.git')) return 'git';
  if (part === 'git-annex') return 'annex';
  return part === 'files' ? 'files' : undefined;
}

/** Undefined for bytes that are not UTF-8, or a slash in disguise. */
function decode(part: ByteString): string | undefined {
  const text = byteStringToUTF8(percentDecode(part, { plusIsSpace: false }));
  return text === undefined || /[/\0]/.test(text) ? undefined : text;
}

/** Whether a repository can have this name, so that its paths are told from each other and from the server's own. */
export function isRepositoryName(name: string): boolean {
  const parts = name.split('/');
  if (serverPaths.has(parts[0] ?? '')) return false;
  return parts.every((part) => namePart.test(part) && !/^\.+$/.test(part) && sideOf(part) === undefined);
}

const namePart = /^[\p{L}\p{N} _.,+@~()-]+$/u;
const serverPaths: ReadonlySet<string> = new Set(['healthz', 'readyz', 'metrics', 'status']);
