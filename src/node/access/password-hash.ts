/**
 * Hashed passwords as htpasswd files have them: which kinds are taken, and with which cost.
 *
 *     $2y$10$SALTANDHASH                             bcrypt, as `htpasswd -B` makes it; 2a and 2b as well
 *     $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH       argon2id and argon2i, as PHC strings
 *
 * All else is refused by name: what a stolen file would give away in an afternoon is no protection, and what nobody can
 * check in time is none either.
 */

/** Undefined for a hash that is taken; otherwise what is wrong with it. */
export function refusalOfHash(hash: string): string | undefined {
  if (hash.startsWith('$2')) return refusalOfBcrypt(hash);
  if (hash.startsWith('$argon2')) return refusalOfArgon2(hash);
  const weak = weakKinds.find(({ pattern }) => pattern.test(hash));
  const what = weak === undefined ? 'this is no hash that is known here' : `${weak.name} is too weak`;
  return `${what}: bcrypt (htpasswd -B) and argon2id are taken`;
}

function refusalOfBcrypt(hash: string): string | undefined {
  const cost = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)?.[1];
  if (cost === undefined) return 'this is not a whole bcrypt hash';
  return outOf(Number(cost), { what: 'the cost of bcrypt', least: 5, most: 15 });
}

function refusalOfArgon2(hash: string): string | undefined {
  const match =
    /^\$argon2(?:id|i)\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
      hash,
    );
  if (match === null) return 'this is not a whole hash of argon2id or argon2i, version 19';
  const [, memory, rounds, lanes, salt = '', digest = ''] = match;
  return (
    outOf(Number(memory), { what: 'the memory of argon2 in KiB', least: 7168, most: 262_144 }) ??
    outOf(Number(rounds), { what: 'the iterations of argon2', least: 1, most: 20 }) ??
    outOf(Number(lanes), { what: 'the parallelism of argon2', least: 1, most: 16 }) ??
    outOf(base64Bytes(salt), { what: 'the length of the salt', least: 8, most: 64 }) ??
    outOf(base64Bytes(digest), { what: 'the length of the hash', least: 16, most: 64 })
  );
}

function base64Bytes(text: string): number {
  return Math.floor((text.length * 3) / 4);
}

function outOf(
  value: number,
  range: { readonly what: string; readonly least: number; readonly most: number },
): string | undefined {
  const { what, least, most } = range;
  return value >= least && value <= most ? undefined : `${what} is ${value}, ${least} to ${most} are taken`;
}

const weakKinds: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: 'unsalted SHA-1', pattern: /^\{S?SHA\}/i },
  { name: 'MD5', pattern: /^\$(apr1|1)\$/ },
  { name: 'crypt of DES', pattern: /^[./A-Za-z0-9]{13}$|^_/ },
  { name: 'a password as it is', pattern: /^\{PLAIN\}/i },
];
