/**
 * The access policy of p2phttp's options: what users with a password may do, and what everyone else may.
 *
 * A readonly user may not lock although an anonymous one may, and a user who is known gets that user's mode even where
 * anonymous access is wider: so it is with git-annex (interop-latest §3, where each row was seen).
 */

import type { ServerMode } from '../../remote/remote.ts';
import type { ByteString } from '../../util/byte-string.ts';
import {
  authenticationNeeded,
  forbidden,
  type AccessPolicy,
  type Action,
  type Asker,
  type Credentials,
} from './access.ts';

export interface User {
  readonly password: ByteString;
  readonly mode: ServerMode;
}

export interface AccessOptions {
  /** What is allowed without credentials; undefined: nothing. */
  readonly unauthenticated: ServerMode | undefined;
  /** Those without credentials may not lock. Like git-annex's option, it matters for `readonly` only. */
  readonly unauthenticatedNoLocking?: boolean | undefined;
  /** Where credentials count: nowhere, over TLS only, or everywhere. */
  readonly passwords: 'never' | 'tls' | 'always';
  readonly users: ReadonlyMap<ByteString, User>;
}

export function userAccess(options: AccessOptions): AccessPolicy {
  return {
    authorize(asker, action) {
      const mode = userMode(options, asker);
      if (mode !== undefined) {
        return userMay(mode, action) ? { user: asker.credentials?.user, mode } : forbidden;
      }
      const { unauthenticated } = options;
      if (unauthenticated === undefined) return authenticationNeeded;
      if (anyoneMay(unauthenticated, action, options.unauthenticatedNoLocking === true))
        return { user: undefined, mode: unauthenticated };
      // Credentials that did not help once will not help when they are asked for again.
      return options.passwords !== 'never' && asker.credentials === undefined
        ? authenticationNeeded
        : forbidden;
    },
  };
}

/** The mode of the user whose credentials these are; undefined where they count for nothing. */
export function userMode(options: AccessOptions, asker: Asker): ServerMode | undefined {
  const count = options.passwords === 'always' || (options.passwords === 'tls' && asker.request.secure);
  if (!count || asker.credentials === undefined) return undefined;
  return matchUser(options.users, asker.credentials)?.mode;
}

function matchUser(users: ReadonlyMap<ByteString, User>, credentials: Credentials): User | undefined {
  const user = users.get(credentials.user);
  return user !== undefined && sameSecret(user.password, credentials.password) ? user : undefined;
}

function userMay(mode: ServerMode, action: Action): boolean {
  return action === 'read' || mode === 'readwrite' || (mode === 'appendonly' && action !== 'remove');
}

function anyoneMay(mode: ServerMode, action: Action, noLocking: boolean): boolean {
  if (mode === 'readonly' && action === 'lock') return !noLocking;
  return userMay(mode, action);
}

/** Takes as long for a wrong secret as for the right one, whatever the place where they differ. */
function sameSecret(known: ByteString, given: ByteString): boolean {
  let difference = known.length ^ given.length;
  for (let index = 0; index < given.length; index++) {
    difference |= given.charCodeAt(index) ^ known.charCodeAt(index % Math.max(known.length, 1));
  }
  return difference === 0;
}
