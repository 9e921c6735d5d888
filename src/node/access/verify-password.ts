/** Checks a password against a hash that password-hash.ts takes. */

import { argon2Verify, bcryptVerify } from 'hash-wasm';

/** Busies the processor for as long as the hash's cost says. */
export async function verifyPassword(password: Uint8Array, hash: string): Promise<boolean> {
  // What no `htpasswd` can make: the kinds differ in what they take it for.
  if (password.length === 0 || password.length > maxPasswordBytes || password.includes(0)) return false;
  if (!hash.startsWith('$2')) return await argon2Verify({ password, hash });
  // bcrypt has always looked at so many bytes and passed over the rest.
  return await bcryptVerify({ password: password.subarray(0, bcryptBytes), hash });
}

const bcryptBytes = 72;
const maxPasswordBytes = 1024;
