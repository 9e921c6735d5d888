// Hashes that htpasswd of Apache 2.4.71 and the argon2 of another maker (Rust) have made.
import { describe, expect, test } from 'vitest';
import { refusalOfHash } from './password-hash.ts';
import { verifyPassword } from './verify-password.ts';

const bcrypt = '$05$V6YDwGVd7I00X7KUB085SOrgFEV3nQltZsBwb6dgnJ3D4R4TPVEYe';
const salt = 'YW5uZXh1cy1zYWx0LTE2Yg';

describe('takes and verifies', () => {
  test.each([
    ['bcrypt as htpasswd writes it', `$2y${bcrypt}`, 'secret'],
    ['bcrypt 2a', `$2a${bcrypt}`, 'secret'],
    ['bcrypt 2b', `$2b${bcrypt}`, 'secret'],
    [
      'bcrypt of more than ASCII',
      '$2y$05$8O6ZOxhjFnkXCd68BIuyc.SHNSIh7Uv6Sqkaj0uf2qN7SBtr7eCRO',
      'ñandú x:y',
    ],
    [
      'argon2id',
      `$argon2id$v=19$m=7168,t=2,p=1$${salt}$6/Tr+Dd/yaW6BGH5tTE12y8WZa6mLmyz5OhMDRwavAw`,
      'secret',
    ],
    ['argon2i', `$argon2i$v=19$m=7168,t=2,p=1$${salt}$O8mT04sm7npK4DyIKqq3qf16MtzlHQxq6i4LfAf7wts`, 'secret'],
    [
      'argon2id in lanes',
      `$argon2id$v=19$m=7168,t=1,p=2$${salt}$CuCNyFZt7uHwz1Uh9qV2ZNWSZS3EPNv8/WwX+qd9wW4`,
      'ñandú x:y',
    ],
  ])('%s', async (_, hash, password) => {
    expect(refusalOfHash(hash)).toBeUndefined();
    const wrong = ['', `${password}x`, password.toUpperCase(), `${password}\0`, 'x'.repeat(5000)];
    const tried = await Promise.all(
      [password, ...wrong].map(async (text) => await verifyPassword(Buffer.from(text), hash)),
    );
    expect(tried).toEqual([true, false, false, false, false, false]);
  });

  test('the first 72 bytes with bcrypt', async () => {
    const hash = '$2y$05$mrpWvhUu5XzNu3gpYfqBvenx4rOEsf5pbdTh8X1atrM599Z8kVDDa';
    const lengths = [71, 72, 80];
    expect(
      await Promise.all(lengths.map(async (length) => await verifyPassword(Buffer.alloc(length, 'x'), hash))),
    ).toEqual([false, true, true]);
  });
});

test.each([
  ['$apr1$EYmTs2Us$TW1RVDf3KXxemZnnn1yKu.', 'MD5 is too weak'],
  ['{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=', 'unsalted SHA-1 is too weak'],
  ['ujNGJAsnThtLE', 'crypt of DES is too weak'],
  ['{PLAIN}secret', 'a password as it is is too weak'],
  ['secret', 'no hash that is known here'],
  ['', 'no hash that is known here'],
  ['$5$0Mcf1.Qd/L/QLUIf$cT32D.o3KF8F0VEAXnXx3yhIQgOQJXi3Q3vZ93IT0K/', 'no hash that is known here'],
  [`$2y${bcrypt.slice(0, -1)}`, 'not a whole bcrypt hash'],
  [`$2x${bcrypt}`, 'not a whole bcrypt hash'],
  [`$2y$04${bcrypt.slice(3)}`, 'the cost of bcrypt is 4, 5 to 15 are taken'],
  [`$2y$31${bcrypt.slice(3)}`, 'the cost of bcrypt is 31, 5 to 15 are taken'],
  [
    `$argon2d$v=19$m=7168,t=2,p=1$${salt}$gemsIyK235icPxAy4wbgKhklv5+w1xKTvW+whSWvzA4`,
    'not a whole hash of argon2id',
  ],
  [`$argon2id$v=16$m=7168,t=2,p=1$${salt}$gemsIyK235icPxAy4wbgKg`, 'not a whole hash of argon2id'],
  [`$argon2id$v=19$m=1024,t=2,p=1$${salt}$gemsIyK235icPxAy4wbgKg`, 'the memory of argon2 in KiB is 1024'],
  [
    `$argon2id$v=19$m=9999999,t=2,p=1$${salt}$gemsIyK235icPxAy4wbgKg`,
    'the memory of argon2 in KiB is 9999999',
  ],
  [`$argon2id$v=19$m=7168,t=99,p=1$${salt}$gemsIyK235icPxAy4wbgKg`, 'the iterations of argon2 is 99'],
  [`$argon2id$v=19$m=7168,t=2,p=1$YWI$gemsIyK235icPxAy4wbgKg`, 'the length of the salt is 2'],
])('refuses %s', (hash, reason) => {
  expect(refusalOfHash(hash)).toContain(reason);
});
