// Stock git and git-annex of both releases as users of `annexus serve` would come: with passwords of an htpasswd file that
// the real htpasswd made where it is installed, with a token in a password's place, with wrong ones, and with none; and
// where a forge decides.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PasswordThread } from '../../src/node/access/password-thread.ts';
import { createToken } from '../../src/node/access/token-file.ts';
import { systemClock, systemRng } from '../../src/node/clock.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { releases, runIn, withTempDir } from '../support/git-annex.ts';
import { User } from './scenario/git-user.ts';
import { serveAccess } from './scenario/served-access.ts';

const tokenOfAnn = { user: 'ann', scope: 'read', repositories: ['da*'], expiresMs: undefined } as const;

let thread: PasswordThread;
beforeAll(async () => {
  thread = new PasswordThread({
    clock: systemClock,
    program: pathToFileURL(await bundleProgram('password-worker')),
  });
});
afterAll(async () => await thread.close());

describe.each(releases())('git and git-annex $name', (release) => {
  test('may do what their users may, and ask for other credentials where theirs are wrong', async () => {
    await withTempDir(async (dir) => {
      const { secret: token } = await createToken(join(dir, 'tokens'), tokenOfAnn, {
        rng: systemRng,
        nowMs: Date.now(),
      });
      await writeFile(join(dir, 'htpasswd'), await htpasswdLines(dir));
      await using served = await serveAccess(
        { dir, release },
        {
          htpasswd: { path: join(dir, 'htpasswd'), verify: thread.verify },
          tokens: join(dir, 'tokens'),
          groups: { lab: ['ann'] },
          rules: [
            { role: 'write', groups: ['lab'], repositories: ['data'] },
            { role: 'append', users: ['bob'] },
          ],
          perAddress: { requests: { perSecond: 1000 }, downloadBytesPerSecond: 50_000_000 },
          perUser: { simultaneous: 20, uploadBytesPerSecond: 50_000_000 },
        },
      );
      const { url } = served;
      const as = (name: string, user: string, password: string): User =>
        new User({ url, dir, release, name, user, password });

      const ann = as('ann', 'ann', 'secret of ann');
      await ann.clone();
      const object = await ann.add('one', 'one by ann');
      await ann.run(['git', 'annex', 'copy', '--to', 'origin', 'one']);
      await ann.run(['git', 'push', '--quiet', 'origin', 'main']);
      await ann.run(['git', 'annex', 'drop', 'one']);
      await ann.run(['git', 'annex', 'get', 'one']);

      const bob = as('bob', 'bob', 'ñ:secret of bob');
      await bob.clone();
      await bob.run(['git', 'annex', 'get', 'one']);
      await bob.add('two', 'two by bob');
      await bob.run(['git', 'annex', 'copy', '--to', 'origin', 'two']);
      await bob.run(['git', 'push', '--quiet', 'origin', 'main']);
      expect((await bob.tries(['git', 'annex', 'drop', '--from', 'origin', 'two'])).exitCode).toBe(1);
      await bob.run(['git', 'reset', '--quiet', '--hard', 'HEAD~1']);
      expect((await bob.tries(['git', 'push', '--force', 'origin', 'main'])).stderr).toContain(
        'denying non-fast-forward',
      );

      const reader = as('reader', 'whatever', token);
      await reader.clone();
      await reader.run(['git', 'annex', 'get', 'one']);
      await reader.add('three', 'three');
      expect((await reader.tries(['git', 'annex', 'copy', '--to', 'origin', 'three'])).exitCode).toBe(1);
      expect((await reader.tries(['git', 'push', 'origin', 'main'])).stderr).toContain('403');

      // The helper is told that its password was no good, and gives another the next time.
      await reader.changePassword('no token');
      await reader.run(['git', 'annex', 'drop', '--force', 'one']);
      expect((await reader.tries(['git', 'annex', 'get', 'one'])).exitCode).toBe(1);
      expect(await reader.toldHelper()).toContain('erase');
      await reader.changePassword(token);
      await reader.run(['git', 'annex', 'get', 'one']);

      const wrong = as('wrong', 'ann', 'secret of bob');
      expect((await wrong.clone({ allow: 'any' })).stderr).toContain('Authentication failed');
      expect(await wrong.toldHelper()).toContain('erase');
      const { stderr } = await runIn(dir, ['git', 'clone', url, 'nobody'], { release, allow: 'any' });
      expect(stderr).toContain('could not read Username');

      const changes = await served.audit();
      expect(changes.filter(({ type }) => type === 'store')).toMatchObject([
        { user: 'ann', key: object, complete: true, bytes: 10, address: '127.0.0.1' },
        { user: 'bob', complete: true },
      ]);
      const pushes = changes.filter(({ type }) => type === 'push');
      expect(pushes.map(({ user }) => user)).toEqual(['ann', 'bob', 'bob']);
      expect(pushes[0]).toMatchObject({
        repository: 'data',
        refs: [{ ref: 'refs/heads/main', outcome: 'ok' }],
      });
      expect(served.warnings()).toEqual([]);
      expect(pushes[2]).toMatchObject({ refs: [{ ref: 'refs/heads/main', outcome: 'non-fast-forward' }] });
    });
  });

  test('may do what a forge says, and nothing while it says nothing', async () => {
    await withTempDir(async (dir) => {
      await using forge = await startForge();
      await using served = await serveAccess(
        { dir, release },
        { external: { url: forge.url, keepMs: 0 }, rules: [] },
      );
      const { url } = served;
      const writer = new User({ url, dir, release, name: 'writer', user: 'w', password: 'write' });
      await writer.clone();
      const key = await writer.add('one', 'one by writer');
      await writer.run(['git', 'annex', 'copy', '--to', 'origin', 'one']);
      await writer.run(['git', 'push', '--quiet', 'origin', 'main']);
      const reader = new User({ url, dir, release, name: 'reader', user: 'r', password: 'read' });
      await reader.clone();
      await reader.run(['git', 'annex', 'get', 'one']);
      await reader.add('two', 'two by reader');
      expect((await reader.tries(['git', 'annex', 'copy', '--to', 'origin', 'two'])).exitCode).toBe(1);
      expect((await reader.tries(['git', 'push', 'origin', 'main'])).stderr).toContain('403');
      const nobody = new User({ url, dir, release, name: 'nobody', user: 'x', password: 'guess' });
      expect((await nobody.clone({ allow: 'any' })).stderr).toContain('Authentication failed');
      forge.server.close();
      forge.server.closeAllConnections();
      expect((await writer.tries(['git', 'fetch'])).stderr).toContain('503');
      expect((await writer.tries(['git', 'annex', 'drop', '--from', 'origin', 'one'])).exitCode).toBe(1);
      expect(await served.audit()).toMatchObject([
        { type: 'store', user: 'user w', key },
        { type: 'push', user: 'user w' },
      ]);
    });
  });
});

/** Whose password is a role has it. */
async function startForge(): Promise<AsyncDisposable & { readonly url: string; readonly server: Server }> {
  const server = createServer(({ headers }, response) => {
    const basic = Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
    const [user = '', role = ''] = basic.split(':');
    const isKnown = role === 'read' || role === 'write';
    const answer = { 'X-Annexus-User': `user ${user}`, 'X-Annexus-Role': role };
    response.writeHead(isKnown ? 200 : 401, isKnown ? answer : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/decide`,
    [Symbol.asyncDispose]: async () => void (await Promise.resolve(server.close())),
  };
}

/** As the real htpasswd writes them; otherwise what it wrote once, and what another maker's argon2 did. */
async function htpasswdLines(dir: string): Promise<string> {
  const made = await runIn(dir, ['sh', '-c', 'command -v htpasswd && htpasswd -nbB ann "secret of ann"'], {
    allow: 'any',
  });
  const ann = made.exitCode === 0 ? made.stdout.split('\n')[1] : annLine;
  return `${ann}\n${bobLine}\n`;
}

const annLine = 'ann:$2y$05$WCNrWc8O8kac1sGW3dbpxOnU4ui.JrDOT1NeBQtMwKLQtrmwhUO5u';
const bobLine =
  'bob:$argon2id$v=19$m=7168,t=2,p=1$YW5uZXh1cy1zYWx0LTE2Yg$U18DC17lhffmbZHXH0OxD+4LJSoZdZGE16vCrgLTEds';
