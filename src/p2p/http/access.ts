/**
 * Who may do what (interop reference §6.9). Requests fall in four classes; a policy lets one pass by answering
 * undefined, or answers it: 401 where credentials would help, 403 where they would not.
 *
 * The policy is asked after everything that git-annex answers without regard to permission: bad parameters, a malformed
 * Authorization header, an unknown version and an unknown UUID.
 */

import { AnnexError } from '../../types/annex-error.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { emptyReply, type HttpReply, type HttpRequest } from './message.ts';
import { decodeBase64 } from './values.ts';

/** get, checkpresent, gettimestamp | put, putoffset | remove, remove-before | lockcontent, keeplocked */
export type Action = 'read' | 'write' | 'remove' | 'lock';

export interface Credentials {
  readonly user: ByteString;
  readonly password: ByteString;
}

/** Who asks: what a policy may decide by. */
export interface Asker {
  /** From the Authorization header; undefined where there is none. */
  readonly credentials: Credentials | undefined;
  /** Over TLS. */
  readonly secure: boolean;
}

export interface AccessPolicy {
  authorize(asker: Asker, action: Action): HttpReply | undefined;
}

/** Anyone may do anything: `--wideopen`. */
export const wideOpen: AccessPolicy = { authorize: () => undefined };

/** Nobody may do anything. */
export const closed: AccessPolicy = { authorize: () => authenticationNeeded };

/** The only challenge that stock clients are known to take. */
export const authenticationNeeded: HttpReply = emptyReply(401, [
  'WWW-Authenticate',
  'Basic realm="git-annex", charset="UTF-8"',
]);

export const forbidden: HttpReply = emptyReply(403);

/** @throws AnnexError `protocol` for a header that is not HTTP basic authentication */
export function readAsker(request: Pick<HttpRequest, 'header' | 'secure'>): Asker {
  const header = request.header('authorization');
  return { credentials: header === undefined ? undefined : readCredentials(header), secure: request.secure };
}

/** git-annex uses the base64url alphabet here; other clients use the standard one. Both are taken. */
function readCredentials(header: ByteString): Credentials {
  const match = /^basic +(.*)$/i.exec(header);
  const decoded = match === null ? undefined : decodeBase64(match[1] ?? '', 'either');
  if (decoded === undefined) {
    throw new AnnexError('protocol', 'Error parsing header Authorization failed: invalid basic auth header');
  }
  const colon = decoded.indexOf(':');
  // A user alone has given credentials, if poor ones: so it is with git-annex.
  if (colon === -1) return { user: decoded, password: '' };
  return { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
