/**
 * URLs of the P2P protocol over HTTP (design/p2p_protocol_over_http; interop reference §6.11):
 *
 *     annex+http://host                      /git-annex/UUID/...
 *     annex+http://host/git-annex/           /git-annex/UUID/...
 *     annex+https://user:password@host/foo/  /foo/git-annex/UUID/...
 *     annex+http://host/foo/git-annex/       /foo/git-annex/git-annex/UUID/...
 *
 * Every path but `/git-annex` itself is kept and has `/git-annex/UUID` added, as stock clients have it.
 */

import type { UUID } from '../../../types/uuid.ts';
import type { ByteString } from '../../../util/byte-string.ts';
import type { Credentials } from '../access.ts';
import { formatParameter, percentDecode } from '../values.ts';

export interface AnnexUrl {
  /** As it was written, without credentials: what git's credential helpers are asked about. */
  readonly text: ByteString;
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** What comes before `/git-annex/UUID`; no slash at its end. */
  readonly basePath: ByteString;
  readonly credentials: Credentials | undefined;
}

/** Undefined for any other URL. */
export function parseAnnexUrl(text: ByteString): AnnexUrl | undefined {
  const match = urlPattern.exec(text);
  if (match === null) return undefined;
  const [, scheme = '', user, bracketed, plain, portText, path = ''] = match;
  const host = bracketed ?? plain ?? '';
  const port = portText === undefined ? defaultPort : Number(portText);
  if (port < 1 || port > 65_535) return undefined;
  const trimmed = path.replace(/\/+$/, '');
  return {
    text: user === undefined ? text : text.replace(`${user}@`, ''),
    secure: scheme.toLowerCase() === 'https',
    host,
    port,
    basePath: trimmed === '/git-annex' ? '' : trimmed,
    credentials: user === undefined ? undefined : parseUser(user),
  };
}

/** The path that all requests to a repository begin with. */
export function repositoryPath(url: AnnexUrl, uuid: UUID): ByteString {
  return `${url.basePath}/git-annex/${formatParameter(uuid)}`;
}

function parseUser(text: ByteString): Credentials {
  const colon = text.indexOf(':');
  const decode = (part: ByteString): ByteString => percentDecode(part, { plusIsSpace: false });
  if (colon === -1) return { user: decode(text), password: '' };
  return { user: decode(text.slice(0, colon)), password: decode(text.slice(colon + 1)) };
}

const urlPattern =
  /^annex\+(https?):\/\/(?:([^@/?#]*)@)?(?:\[([0-9a-fA-F:.]+)\]|([^:/?#@[\]\s]+))(?::(\d{1,5}))?(\/[^?#\s]*)?$/i;
const defaultPort = 9417;
