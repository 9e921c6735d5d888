/**
 * The URLs of git remotes over ssh (git-fetch(1), "GIT URLS"), with paths as git-annex hands them to git-annex-shell:
 * absolute, and `/~/…` or `/~user/…` where they begin in a home directory.
 *
 *     ssh://user@host:port/path    git+ssh://…    ssh+git://…     percent-encoded
 *     user@host:path    [host:port]:path    [::1]:path            as it is, relative to the home directory
 *
 * A user or host that begins with a dash would be an option to ssh, so there is no such URL.
 */

import { byteStringToUTF8, bytesToByteString, type ByteString } from '../../util/byte-string.ts';

export interface SshUrl {
  /** `user@host` or `host`, as ssh takes it. */
  readonly destination: string;
  readonly port: number | undefined;
  /** Begins with a slash. */
  readonly path: string;
}

/** Undefined for what is no URL over ssh, and for what is not UTF-8. */
export function parseSshUrl(url: ByteString): SshUrl | undefined {
  const full = /^(?:ssh|git\+ssh|ssh\+git):\/\/([^/]*)(\/.*)$/s.exec(url);
  if (full !== null) return fromParts(full[1] ?? '', { path: full[2] ?? '', isEncoded: true });
  // The name of a remote helper, or another scheme.
  if (/^[A-Za-z0-9+.-]*:(:|\/\/)/.test(url)) return undefined;
  const short = /^((?:[^/:@[\]]*@)?\[[^\]/]*\]|[^/:[\]]+):(.*)$/s.exec(url);
  if (short === null) return undefined;
  const [, place = '', path = ''] = short;
  return fromParts(place, { path: fromHome(path), isEncoded: false });
}

interface PathPart {
  readonly path: ByteString;
  readonly isEncoded: boolean;
}

function fromParts(place: ByteString, { path, isEncoded }: PathPart): SshUrl | undefined {
  const at = splitPlace(place, isEncoded);
  const decoded = isEncoded ? decodePercent(path) : path;
  if (at === undefined || decoded === undefined) return undefined;
  const user = at.user === undefined || !isEncoded ? at.user : decodePercent(at.user);
  const host = isEncoded ? decodePercent(at.host) : at.host;
  const text = byteStringToUTF8(decoded);
  if (host === undefined || text === undefined || text.includes('\0')) return undefined;
  if (!isWord(host) || (user !== undefined && !isWord(user))) return undefined;
  if (at.user !== undefined && user === undefined) return undefined;
  return { destination: user === undefined ? host : `${user}@${host}`, port: at.port, path: text };
}

interface Place {
  readonly user: ByteString | undefined;
  readonly host: ByteString;
  readonly port: number | undefined;
}

/** `[user@host:port]`, or in the full form `user@host:port` and `user@[::1]:port`. */
function splitPlace(place: ByteString, isFull: boolean): Place | undefined {
  // The short form's brackets hold all there is, or an address alone.
  const inner = !isFull && place.startsWith('[') ? place.slice(1, -1) : place;
  const end = inner.lastIndexOf('@');
  const user = end === -1 ? undefined : inner.slice(0, end);
  const rest = inner.slice(end + 1);
  const bracketed = /^\[([^\]]*)\](?::(\d*))?$/.exec(rest);
  const plain = /^([^:]*)(?::(\d*))?$/.exec(rest);
  const found = bracketed ?? plain ?? (isFull ? undefined : [rest, rest]);
  const host = found?.[1];
  if (host === undefined) return undefined;
  const digits = found?.[2];
  const port = digits === undefined || digits === '' ? undefined : Number(digits);
  return port !== undefined && (port < 1 || port > 65_535) ? undefined : { user, host, port };
}

function fromHome(path: ByteString): ByteString {
  if (path.startsWith('/')) return path;
  return path.startsWith('~') ? `/${path}` : `/~/${path}`;
}

/** A user or host that ssh takes for nothing else. */
function isWord(text: ByteString): boolean {
  return /^[\x21-\x7e]+$/.test(text) && !text.startsWith('-') && !/[/\\'"`$;|&<>(){}*?]/.test(text);
}

function decodePercent(text: ByteString): ByteString | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    bytesToByteString(Uint8Array.of(Number.parseInt(hex, 16))),
  );
}
