/** The access policy that p2phttp's options and the environment make; as git-annex's. */

import { userAccess, type User } from '../p2p/http/user-access.ts';
import type { AccessPolicy } from '../p2p/http/access.ts';
import type { ServerMode } from '../remote/remote.ts';
import { AnnexError } from '../types/annex-error.ts';
import { textToByteString } from '../util/byte-string.ts';

export interface AccessFlags {
  readonly wideopen?: boolean | undefined;
  readonly unauthReadonly?: boolean | undefined;
  readonly unauthAppendonly?: boolean | undefined;
  /** `--unauth-nolocking` */
  readonly unauthNolocking?: boolean | undefined;
  /** Passwords count over TLS. */
  readonly authenv?: boolean | undefined;
  /** Passwords count over any connection. */
  readonly authenvHttp?: boolean | undefined;
}

export function accessPolicy(
  flags: AccessFlags,
  env: Readonly<Record<string, string | undefined>>,
): AccessPolicy {
  const passwords = flags.authenvHttp === true ? 'always' : flags.authenv === true ? 'tls' : 'never';
  const users = passwords === 'never' ? new Map<string, User>() : usersOf(env);
  if (passwords !== 'never' && users.size === 0) {
    const option = passwords === 'always' ? '--authenv-http' : '--authenv';
    throw new AnnexError('config', `${option} needs GIT_ANNEX_P2PHTTP_PASSWORD_<user> in the environment`);
  }
  return userAccess({
    unauthenticated: anonymousMode(flags),
    unauthenticatedNoLocking: flags.unauthNolocking,
    passwords,
    users,
  });
}

function anonymousMode(flags: AccessFlags): ServerMode | undefined {
  if (flags.wideopen === true) return 'readwrite';
  if (flags.unauthAppendonly === true) return 'appendonly';
  return flags.unauthReadonly === true ? 'readonly' : undefined;
}

function usersOf(env: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, User> {
  const users = new Map<string, User>();
  for (const [name, password] of Object.entries(env)) {
    if (!name.startsWith(passwordPrefix) || password === undefined) continue;
    const user = name.slice(passwordPrefix.length);
    const permissions = env[`GIT_ANNEX_P2PHTTP_PERMISSIONS_${user}`];
    const mode = permissions === 'readonly' || permissions === 'appendonly' ? permissions : 'readwrite';
    users.set(textToByteString(user), { password: textToByteString(password), mode });
  }
  return users;
}

const passwordPrefix = 'GIT_ANNEX_P2PHTTP_PASSWORD_';
