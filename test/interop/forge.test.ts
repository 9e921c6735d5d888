// doc/serve/forge.md: its program, configuration and nginx, with git-annex. In the place of Forgejo are a git side that
// knows nothing of annexes, and what Forgejo's API is documented to answer.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { adapted, snippets } from '../support/doc-snippets.ts';
import { releases, runIn, startIn, withTempDir, type Ran } from '../support/git-annex.ts';
import { startNginx } from '../support/nginx.ts';
import { ask } from '../support/raw-http.ts';
import { makeServed, startSite } from './scenario/served-site.ts';

const release = releases().at(-1)!;
const program = fileURLToPath(new URL('../../packaging/forgejo-decision.mjs', import.meta.url));

test('a forge decides who gets, stores and removes', async () => {
  await withTempDir(async (dir) => {
    await mkdir(join(dir, 'repositories/ann'), { recursive: true });
    for (const name of ['mice', 'open'])
      await makeServed(dir, `repositories/ann/${name}.git`, { release, files: { one: `one of ${name}` } });
    await using forge = await startForge();
    await using decision = startIn(dir, [process.execPath, program, forge.url, '0']);
    const decisionPort = (await decision.shows(/listening on port (\d+)/))[1] ?? '';
    const [page = ''] = await snippets('doc/serve/forge.md', 'yaml');
    const config = adapted(page, {
      '127.0.0.1:9417': '127.0.0.1:0',
      '/var/lib/forgejo/data/forgejo-repositories': 'repositories',
      '127.0.0.1:9418': `127.0.0.1:${decisionPort}`,
    });
    await using site = await startSite(dir, config);
    await mkdir(join(dir, 'git-side'));
    await using gitSide = await startSite(
      join(dir, 'git-side'),
      'directories: [{ path: ../repositories }]\naccess: [{ role: write, users: anonymous }]\nfiles: false\n',
    );
    const server = adapted((await snippets('doc/serve/forge.md', 'nginx'))[0] ?? '', {
      '127.0.0.1:9417': `127.0.0.1:${site.port}`,
      '127.0.0.1:3000': `127.0.0.1:${gitSide.port}`,
    });
    await using nginx = await startNginx({ dir, server });

    const as = async (user: string, script: string, allow?: 'any'): Promise<Ran> => {
      const helper = `!f() { test "$1" = get && printf "username=${user}\\npassword=token of ${user}\\n"; }; f`;
      const env = {
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'credential.helper',
        GIT_CONFIG_VALUE_0: helper,
      };
      return await runIn(dir, ['bash', '-ec', script], { release, env, ...(allow && { allow }) });
    };
    await as(
      'ann',
      `git clone -q ${nginx.url}ann/mice.git ann; cd ann; git annex get one; echo two > two; git annex add -q two
      git commit -q -m two; git push -q origin main; git annex copy --to origin two; git annex drop two; git annex get two`,
    );
    await as('bob', `git clone -q ${nginx.url}ann/mice.git bob; cd bob; git annex get .; git annex drop one`);
    const refused = await as('bob', 'cd bob; git annex drop --from origin two', 'any');
    expect(`${refused.exitCode} ${refused.stderr}`).toMatch(/^1 .*403 Forbidden/s);
    await as('ann', 'cd ann; git annex drop --from origin two');
    await runIn(
      dir,
      ['bash', '-ec', `git clone -q ${nginx.url}ann/open.git open; cd open; git annex get one`],
      {
        release,
      },
    );

    const file = '/ann/mice/files/main/one';
    const get = async (user?: string): Promise<number> => {
      const authorization = `Basic ${Buffer.from(`${user}:token of ${user}`).toString('base64')}`;
      const headers = user === undefined ? {} : { authorization };
      return (await ask(site.port, { method: 'GET', path: file, headers })).status;
    };
    expect([await get(), await get('bob'), await get('eve'), await get('nobody')]).toEqual([
      401, 200, 403, 401,
    ]);
    forge.server.close();
    forge.server.closeAllConnections();
    const later = { method: 'GET', path: '/ann/other/files/main/one' };
    expect((await ask(site.port, later)).status).toBe(404);
    expect((await ask(site.port, { method: 'GET', path: '/ann/open.git/info/refs' })).status).toBe(503);
  });
});

interface Forge extends AsyncDisposable {
  readonly url: string;
  readonly server: Server;
}

/** ann owns ann/mice and ann/open, bob may read mice, eve sees nothing, and open is public. */
async function startForge(): Promise<Forge> {
  const server = createServer(({ url = '', headers }, response) => {
    const basic = Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
    const [, user] = /^(ann|bob|eve):token of \1$/.exec(basic) ?? [];
    const answer = (status: number, body: object): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (user === undefined && headers.authorization !== undefined) return answer(401, { message: 'invalid' });
    if (url === '/api/v1/user')
      return user === undefined
        ? answer(401, { message: 'token is required' })
        : answer(200, { login: user });
    const [, name] = /^\/api\/v1\/repos\/ann\/(mice|open)$/.exec(url) ?? [];
    const pull = name === 'open' || (name === 'mice' && (user === 'ann' || user === 'bob'));
    if (!pull) return answer(404, { message: 'not found' });
    const owns = user === 'ann';
    return answer(200, { full_name: `ann/${name}`, permissions: { admin: owns, push: owns, pull } });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => void (await Promise.resolve(server.close())),
  };
}
