/**
 * Who may do what (interop reference §6.9). Requests fall in classes; a policy lets one pass with a grant, or answers it:
 * 401 where credentials would help, 403 where they would not.
 *
 * The policy is asked after everything that git-annex answers without regard to permission: bad parameters, a malformed
 * Authorization header, an unknown version and an unknown UUID.
 */

import { AnnexError } from '../../types/annex-error.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { ServerMode } from '../../remote/remote.ts';
import { emptyReply, type HttpReply, type RequestHead } from './message.ts';
import { decodeBase64 } from './values.ts';

/** get, checkpresent, gettimestamp | put, putoffset | remove, remove-before | lockcontent, keeplocked | git push */
export type Action = 'read' | 'write' | 'remove' | 'lock' | 'push';

export interface Credentials {
  readonly user: ByteString;
  readonly password: ByteString;
}

/** Who asks: what a policy may decide by. */
export interface Asker {
  /** Of HTTP basic authentication; undefined where there are none. */
  readonly credentials: Credentials | undefined;
  /** `Authorization: Bearer TOKEN`; undefined where a server takes none. */
  readonly token: ByteString | undefined;
  readonly request: RequestHead;
}

/** What the asker may do, and who it is. */
export interface Grant {
  /** Undefined: anyone who can connect. */
  readonly user: string | undefined;
  /** With `appendonly` a push may add to the git repository and neither move back nor remove anything. */
  readonly mode: ServerMode;
  /** Decided for this request alone: others who are not known either may be told something else. */
  readonly isForRequestAlone?: boolean | undefined;
}

export interface AccessPolicy {
  /**
   * A grant, or the reply that says why not.
   * @param file for reading one file of a branch by its name: its path in the tree, links followed
   */
  authorize(asker: Asker, action: Action, file?: ByteString): Verdict | Promise<Verdict>;
  /** Whether there may be files that somebody may read who may not read the repository. */
  readonly opensFiles?: boolean | undefined;
}

export type Verdict = Grant | HttpReply;

export function isGranted(verdict: Verdict): verdict is Grant {
  return 'mode' in verdict;
}

/** Anyone may do anything: `--wideopen`. */
export const wideOpen: AccessPolicy = { authorize: () => ({ user: undefined, mode: 'readwrite' }) };

/** Nobody may do anything. */
export const closed: AccessPolicy = { authorize: () => authenticationNeeded };

/** The only challenge that stock clients are known to take. */
export const authenticationNeeded: HttpReply = emptyReply(401, [
  'WWW-Authenticate',
  'Basic realm="git-annex", charset="UTF-8"',
]);

export const forbidden: HttpReply = emptyReply(403);

/**
 * @param options.takesTokens otherwise a bearer token is as bad as any other header that makes no sense, as it is for git-annex
 * @throws AnnexError `protocol` for an Authorization header that makes no sense
 */
export function readAsker(
  request: RequestHead,
  options: { readonly takesTokens?: boolean | undefined },
): Asker {
  const header = request.header('authorization');
  if (header === undefined) return { credentials: undefined, token: undefined, request };
  const token = options.takesTokens === true ? bearerToken(header) : undefined;
  return { credentials: token === undefined ? readCredentials(header) : undefined, token, request };
}

function bearerToken(header: ByteString): ByteString | undefined {
  return /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(header)?.[1];
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
