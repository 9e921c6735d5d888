import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeRequest } from '../../../test/support/fake-request.ts';
import { withTempDir } from '../../../test/support/git-annex.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { readAsker } from '../../p2p/http/access.ts';
import { emptyReply } from '../../p2p/http/message.ts';
import { systemRng } from '../clock.ts';
import { openAccess, type AccessSettings } from './open-access.ts';
import { createToken } from './token-file.ts';
import { verifyPassword } from './verify-password.ts';

const ann = 'ann:$2y$05$V6YDwGVd7I00X7KUB085SOrgFEV3nQltZsBwb6dgnJ3D4R4TPVEYe';

function settings(over: Partial<AccessSettings>): AccessSettings {
  return { clock: new ManualClock(), events: () => undefined, rules: [], ...over };
}

test('tokens, passwords and rules come together', async () => {
  await withTempDir(async (dir) => {
    await writeFile(join(dir, 'htpasswd'), ann);
    const wish = { user: 'ann', scope: 'append', repositories: ['lab/*'], expiresMs: undefined } as const;
    const { secret } = await createToken(join(dir, 'tokens'), wish, { rng: systemRng, nowMs: 0 });
    await using access = await openAccess(
      settings({
        htpasswd: { path: join(dir, 'htpasswd'), verify: verifyPassword },
        tokens: join(dir, 'tokens'),
        rules: [{ role: 'admin', users: ['ann'] }],
      }),
    );
    const asks = async (repository: string | undefined, authorization: string): Promise<unknown> => {
      const asker = readAsker(fakeRequest({ path: '/', headers: { authorization } }), { takesTokens: true });
      const verdicts = [
        await access.policy(repository).authorize(asker, 'write'),
        await access.policy(repository).authorize(asker, 'remove'),
        await access.authorizeAdmin(repository, asker),
      ];
      return verdicts.map((verdict) => ('mode' in verdict ? verdict.mode : verdict.status)).join(' ');
    };
    const basic = (password: string): string => `Basic ${btoa(`ann:${password}`)}`;
    expect(await asks('lab/a', basic('secret'))).toBe('readwrite readwrite readwrite');
    expect(await asks(undefined, basic('secret'))).toBe('readwrite readwrite readwrite');
    expect(await asks('lab/a', basic('Secret'))).toBe('401 401 401');
    for (const authorization of [`Bearer ${secret}`, basic(secret)]) {
      expect(await asks('lab/a', authorization)).toBe('appendonly 403 403');
      expect(await asks('other', authorization)).toBe('403 403 403');
      expect(await asks(undefined, authorization)).toBe('403 403 403');
    }
    expect(access.changed).toBeUndefined();
  });
});

test('limits never keep git-annex from finding out what a remote is', async () => {
  const perAddress = { requests: { perSecond: 1, burst: 1 } };
  await using access = await openAccess(settings({ perAddress }));
  const handler = access.limited(async () => await Promise.resolve(emptyReply(200)));
  const ask = async (path: string): Promise<number | undefined> =>
    (await handler({ ...fakeRequest({ path }), address: '192.0.2.1' }))?.status;
  const paths = [
    '/lab/mice.git/config',
    '/lab/mice.git/info/refs',
    '/lab/mice.git/HEAD',
    '/lab/mice.git/config',
    '/lab/mice.git//config',
    '/lab/mice/files/main/a.git/config',
    '/lab/mice/%66iles/main/a.git/config',
    '/lab/mice.git/a.git/config',
  ];
  const statuses: (number | undefined)[] = [];
  for (const path of paths) statuses.push(await ask(path));
  expect(statuses).toEqual([200, 200, 429, 200, 200, 429, 429, 429]);
});

test.each<[string, Partial<AccessSettings>]>([
  ['/nowhere/htpasswd does not exist', { htpasswd: { path: '/nowhere/htpasswd' } }],
  ['"forge" is no URL', { external: { url: 'forge' } }],
  ['/nowhere/audit cannot be written: ENOENT', { auditLog: '/nowhere/audit' }],
  ['rule 1: there is no group "lab"', { rules: [{ role: 'read', groups: ['lab'] }] }],
])('is refused: %s', async (reason, over) => {
  await expect(openAccess(settings(over))).rejects.toThrow(reason);
});
