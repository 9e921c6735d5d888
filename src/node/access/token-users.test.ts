import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fakeRequest } from '../../../test/support/fake-request.ts';
import { withTempDir } from '../../../test/support/git-annex.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { readAsker } from '../../p2p/http/access.ts';
import type { Identity } from '../../p2p/http/permission/identity.ts';
import type { Event } from '../../types/event.ts';
import { systemRng } from '../clock.ts';
import { createToken, readTokens, revokeTokens, type TokenWish } from './token-file.ts';
import { TokenUsers } from './token-users.ts';

const wish: TokenWish = { user: 'ann', scope: 'append', repositories: ['lab/*'], expiresMs: undefined };
const making = { rng: systemRng, nowMs: 1_700_000_000_000 };

async function ask(users: TokenUsers, authorization?: string): Promise<Identity | undefined> {
  const headers = authorization === undefined ? {} : { authorization };
  const asker = readAsker(fakeRequest({ path: '/', headers }), { takesTokens: true });
  return await users.identify({ asker, action: 'read', repository: 'lab/mice' });
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

describe('a token', () => {
  test('counts as bearer and as anybody’s password, until it is revoked', async () => {
    await withTempDir(async (dir) => {
      const path = join(dir, 'tokens');
      const users = await TokenUsers.open({ path, clock: new ManualClock(), events: () => undefined });
      const { secret, token } = await createToken(path, wish, making);
      const other = await createToken(path, { ...wish, user: 'bob', repositories: undefined }, making);
      expect(secret).toMatch(/^annexus_[A-Za-z0-9_-]{43}$/);
      const limit = { role: 'append', repositories: [expect.any(Function)] };
      expect(await ask(users, `Bearer ${secret}`)).toEqual({ type: 'user', user: 'ann', limit });
      expect(await ask(users, basic('whoever', secret))).toEqual({ type: 'user', user: 'ann', limit });
      expect(await ask(users, basic('', other.secret))).toMatchObject({ user: 'bob' });

      await revokeTokens(path, [token.id]);
      expect(await ask(users, `Bearer ${secret}`)).toEqual({ type: 'rejected' });
      expect(await ask(users, basic('ann', secret))).toEqual({ type: 'rejected' });
      expect(await ask(users, `Bearer ${other.secret}`)).toMatchObject({ user: 'bob' });
    });
  });

  test('is nothing to others, nor are others to it', async () => {
    await withTempDir(async (dir) => {
      const path = join(dir, 'tokens');
      const users = await TokenUsers.open({ path, clock: new ManualClock(), events: () => undefined });
      expect(await ask(users)).toBeUndefined();
      expect(await ask(users, basic('ann', 'password'))).toBeUndefined();
      expect(await ask(users, 'Bearer of-some-forge')).toBeUndefined();
      expect(await ask(users, `Bearer annexus_${'x'.repeat(43)}`)).toEqual({ type: 'rejected' });
    });
  });

  test('ends when it expires', async () => {
    await withTempDir(async (dir) => {
      const path = join(dir, 'tokens');
      const clock = new ManualClock();
      const { secret } = await createToken(path, { ...wish, expiresMs: clock.now() + 5000 }, making);
      const users = await TokenUsers.open({ path, clock, events: () => undefined });
      await clock.advance(4999);
      expect(await ask(users, `Bearer ${secret}`)).toMatchObject({ user: 'ann' });
      await clock.advance(1);
      expect(await ask(users, `Bearer ${secret}`)).toEqual({ type: 'rejected' });
    });
  });
});

describe('the file', () => {
  test('is its owner’s alone, has no secret, and stays a link', async () => {
    await withTempDir(async (dir) => {
      await symlink('real', join(dir, 'tokens'));
      await writeFile(join(dir, 'real'), '');
      const path = join(dir, 'tokens');
      const { secret, token } = await createToken(path, wish, making);
      const text = await readFile(join(dir, 'real'), 'utf8');
      expect((await stat(join(dir, 'real'))).mode & 0o777).toBe(0o600);
      expect(text).not.toContain(secret.slice(8));
      expect(await readTokens(path)).toEqual([token]);
    });
  });

  test('loses nothing where many change it at once', async () => {
    await withTempDir(async (dir) => {
      const path = join(dir, 'tokens');
      const made = await Promise.all(
        Array.from({ length: 12 }, async () => await createToken(path, wish, making)),
      );
      await Promise.all(made.slice(0, 4).map(async ({ token }) => await revokeTokens(path, [token.id])));
      const left = (await readTokens(path)).map(({ id }) => id).sort();
      expect(left).toEqual(
        made
          .slice(4)
          .map(({ token }) => token.id)
          .sort(),
      );
      await expect(revokeTokens(path, [made[5]?.token.id ?? '', 'none'])).rejects.toThrow('no token "none"');
      expect(await readTokens(path)).toHaveLength(8);
    });
  });

  test('is refused where a line is no token, and then changes nothing', async () => {
    await withTempDir(async (dir) => {
      const path = join(dir, 'tokens');
      const { secret } = await createToken(path, wish, making);
      const [good = ''] = (await readFile(path, 'utf8')).split('\n');
      const events: Event[] = [];
      const users = await TokenUsers.open({
        path,
        clock: new ManualClock(),
        events: (event) => events.push(event),
      });
      const bad = [
        '{}',
        'x',
        good.replace('append', 'owner'),
        good.replace('ann', 'anonymous'),
        good.replace('"lab/*"', '3'),
      ];
      for (const line of bad) {
        await writeFile(path, `${good}\n${line}\n`);
        await expect(createToken(path, wish, making)).rejects.toThrow(`${path}, line 2: this is no token`);
        expect(await readFile(path, 'utf8')).toBe(`${good}\n${line}\n`);
      }
      expect(await ask(users, `Bearer ${secret}`)).toMatchObject({ user: 'ann' });
      expect(events).toHaveLength(1);
    });
  });

  test('takes no names that rules have meanings for, and no globs without sense', async () => {
    await withTempDir(async (dir) => {
      const path = join(dir, 'tokens');
      for (const user of ['', 'anonymous', 'authenticated', 'a\nb', 'a:b'])
        await expect(createToken(path, { ...wish, user }, making)).rejects.toMatchObject({ code: 'config' });
      await expect(createToken(path, { ...wish, repositories: ['[[:x'] }, making)).rejects.toMatchObject({
        code: 'config',
      });
      expect(await readTokens(path)).toEqual([]);
    });
  });
});
