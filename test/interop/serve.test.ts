// `annexus serve` from outside: clones that find everything by themselves, with stock git-annex of both releases, for
// anyone, with a password, and over TLS; many repositories, names, tokens, and what its command line says.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { releases, runIn, withTempDir, type Ran, type RunOptions } from '../support/git-annex.ts';
import { ask } from '../support/raw-http.ts';
import { until } from './scenario/doors.ts';
import {
  annexus,
  credentialHelper,
  htpasswd,
  makeServed,
  passwords,
  startSite,
} from './scenario/served-site.ts';

const latest = releases().at(-1)!;
const basic = (user: keyof typeof passwords): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${passwords[user]}`).toString('base64')}`,
});

describe.each(releases())('git-annex $name', (release) => {
  test('clones, gets and stores: anyone, with a password, over TLS', async () => {
    await withTempDir(async (dir) => {
      await makeServed(dir, 'data.git', { release, files: { one: 'content of one', 'd/two': 'two' } });
      await makeServed(dir, 'mäuse.git', { release, files: { 'ein Bild': 'Maus' } });
      await writeFile(join(dir, 'htpasswd'), htpasswd);
      const { certFile, keyFile } = await makeCertificate(dir);
      const repositories = `
repositories:
  data: data.git
  lab/weiße mäuse: { path: mäuse.git }
users: { htpasswd: htpasswd }
access:
  - { role: read, users: anonymous, repositories: data }
  - { role: append, users: bob }
  - { role: write, users: ann }
log: { audit: audit.log }
`;
      const bash = async (script: string, options: RunOptions = {}): Promise<Ran> =>
        await runIn(dir, ['bash', '-ec', script], { release, ...options });
      {
        await using site = await startSite(dir, repositories);
        const url = `http://localhost:${site.port}`;
        // Nothing is configured but what the home of the tests allows: loopback addresses.
        await bash(`git clone -q ${url}/data.git open && cd open && git annex get .`);
        expect(await readFile(join(dir, 'open/d/two'), 'utf8')).toBe('two');

        const asBob = credentialHelper('bob');
        const name = encodeURI('lab/weiße mäuse');
        await bash(`git clone -q -c credential.helper='${asBob}' '${url}/${name}.git' bob; cd bob
          git annex get .; git annex drop .; git annex get .
          echo new > 'ein anderes'; git annex add -q .; git commit -q -m new; git push -q origin main
          git annex copy --to origin .`);
        expect(await readFile(join(dir, 'bob/ein Bild'), 'utf8')).toBe('Maus');
        const drop = await bash(`cd bob; git annex drop --from origin 'ein anderes'`, { allow: 'any' });
        expect(`${drop.exitCode} ${drop.stdout}${drop.stderr}`).toMatch(/^1 .*failed/s);
        // The rest of who appends: nothing is taken back.
        const forced = await bash('cd bob; git reset -q --hard HEAD~1; git push -f origin main', {
          allow: 'any',
        });
        expect(forced.stderr).toContain('denying non-fast-forward');
        const nobody = await bash(`git clone '${url}/${name}.git' nobody`, { allow: 'any' });
        expect(nobody.stderr).toContain('could not read Username');
      }
      await using site = await startSite(
        dir,
        `${repositories}tls: { certificate: ${certFile}, key: ${keyFile} }\n`,
      );
      // Releases differ in which they heed.
      const env = { GIT_SSL_CAINFO: certFile, SYSTEM_CERTIFICATE_PATH: certFile };
      const ran = await bash(
        `git clone -q -c credential.helper='${credentialHelper('ann')}' https://localhost:${site.port}/data.git tls; cd tls
        git annex get .; echo more > more; git annex add -q more; git commit -q -m more; git push -q origin main
        git annex copy --to origin more; git annex drop more; git annex get more; git annex drop --from origin more
        git annex whereis more`,
        { env },
      );
      expect(ran.stdout).toMatch(/whereis more \(1 copy\)/);
      await site.running[Symbol.asyncDispose]();
      const audit = (await readFile(join(dir, 'audit.log'), 'utf8')).trim().split('\n');
      const told = audit.map(
        (line) => JSON.parse(line) as { type: string; user: string; repository: string },
      );
      expect(told.map(({ type, user, repository }) => `${user} ${type} ${repository}`)).toEqual([
        'bob push lab/weiße mäuse',
        'bob store lab/weiße mäuse',
        'bob push lab/weiße mäuse',
        'ann push data',
        'ann store data',
        'ann remove data',
      ]);
    });
  });
});

test('many repositories, new ones too; tokens, files that a rule opens, CORS, and logs that are opened anew', async () => {
  await withTempDir(async (dir) => {
    const release = latest;
    const { uuid } = await makeServed(dir, 'forge/lab/mice.git', {
      release,
      files: { 'public/a.txt': 'open', 'closed/b.txt': 'secret' },
    });
    const other = await makeServed(dir, 'other.git', { release });
    await writeFile(join(dir, 'htpasswd'), htpasswd);
    const create = ['token', 'create', '--file', 'tokens', '--user', 'ci', '--scope', 'read'];
    const token = (await runIn(dir, [...annexus, ...create])).stdout.trim();
    await using site = await startSite(
      dir,
      `
repositories: { other: other.git }
directories: [{ path: forge, prefix: forge }]
users: { htpasswd: htpasswd, tokens: tokens }
access:
  - { role: read, users: anonymous, paths: ["public/**"] }
  - { role: read, users: ci, repositories: "forge/*" }
  - { role: admin, users: ann }
cors: { origins: ["https://view.example.org"] }
log: { file: log.json, debug: true }
metrics: true
status: true
`,
    );
    const { port } = site;
    const get = async (path: string, headers: Record<string, string> = {}) =>
      await ask(port, { method: 'GET', path, headers });
    const bearer = { authorization: `Bearer ${token}` };
    const present = (name: string, of: string): string =>
      `/${name}/git-annex/${of}/v4/checkpresent?key=WORM-s1--x&clientuuid=${uuid}`;

    // A UUID counts below the name of its own repository, or below none.
    expect((await get(present('forge/lab/mice', uuid), bearer)).status).toBe(200);
    expect((await get(present('forge/lab/mice', other.uuid), bearer)).status).toBe(404);
    expect((await get(present('other', uuid), basic('ann'))).status).toBe(404);
    expect((await get(present('other', other.uuid), bearer)).status).toBe(403);
    expect((await get(`/git-annex/${uuid}/v4/checkpresent?key=WORM-s1--x&clientuuid=${uuid}`)).status).toBe(
      401,
    );
    expect((await get('/forge/lab/none.git/config')).status).toBe(404);

    // Files that a rule opens, and no others.
    const files = '/forge/lab/mice/files/main';
    expect(String((await get(`${files}/public/a.txt`)).body)).toBe('open');
    for (const path of ['closed/b.txt', 'public/none', 'public/', '']) {
      expect([path, (await get(`${files}/${path}`)).status]).toEqual([path, 401]);
    }
    const url = `http://127.0.0.1:${port}${files}/closed/b.txt`;
    const shown = await runIn(dir, ['curl', '-sf', '-H', `Authorization: Bearer ${token}`, url]);
    expect(shown.stdout).toBe('secret');

    // Pages of other origins.
    const origin = 'https://view.example.org';
    const asked = await get(`${files}/public/a.txt`, { origin });
    expect(asked.headers['access-control-allow-origin']).toBe(origin);
    const elsewhere = await get(`${files}/public/a.txt`, { origin: 'https://x.example.org' });
    expect(elsewhere.headers['access-control-allow-origin']).toBeUndefined();

    // The server's own pages are for its admins.
    expect((await get('/status', bearer)).status).toBe(403);
    expect((await get('/status', basic('ann'))).status).toBe(200);
    expect((await get('/metrics', basic('ann'))).status).toBe(200);

    // New repositories are there when they are asked for.
    await makeServed(dir, 'forge/lab/rats.git', { release });
    expect((await get('/forge/lab/rats.git/config')).status).toBe(200);

    // A token that is revoked counts no more, and logs that were moved away are written anew.
    const [id = ''] = (await runIn(dir, [...annexus, 'token', 'list', '--file', 'tokens'])).stdout.split(' ');
    await runIn(dir, [...annexus, 'token', 'revoke', '--file', 'tokens', id]);
    await until(async () => (await get(`${files}/closed/b.txt`, bearer)).status === 401);
    await rename(join(dir, 'log.json'), join(dir, 'log.json.1'));
    site.running.child.kill('SIGHUP');
    await until(async () => {
      await get('/forge/lab/mice.git/config');
      return (await readFile(join(dir, 'log.json'), 'utf8').catch(() => '')).includes('mice.git/config');
    });
  });
});

test('two repositories stand before the same node, each with users of its own', async () => {
  await withTempDir(async (dir) => {
    const script = `
      git init -q node; cd node; git annex init -q node; echo x > x; git annex add -q x; git commit -q -m x; cd ..
      uuid=$(git -C node config annex.uuid)
      for name in one two; do
        git init -q --bare $name.git; cd $name.git; git annex init -q $name; git remote add node ../node
        git config remote.node.annex-uuid $uuid; git config remote.node.annex-proxy true
        git annex updateproxy >&2; cd ..
      done; echo $uuid $(git -C node annex lookupkey x)`;
    const { stdout } = await runIn(dir, ['bash', '-ec', script], { release: latest });
    const [uuid = '', key = ''] = stdout.trim().split(' ');
    await writeFile(join(dir, 'htpasswd'), htpasswd);
    await using site = await startSite(
      dir,
      `
repositories: { one: one.git, two: two.git }
users: { htpasswd: htpasswd }
access:
  - { role: read, users: ann, repositories: one }
  - { role: read, users: bob, repositories: two }
`,
    );
    const statusFor = async (name: string, user: keyof typeof passwords): Promise<number> => {
      const path = `/${name}/git-annex/${uuid}/key/${key}`;
      return (await ask(site.port, { method: 'GET', path, headers: basic(user) })).status;
    };
    expect([await statusFor('one', 'ann'), await statusFor('two', 'ann')]).toEqual([200, 403]);
    expect([await statusFor('one', 'bob'), await statusFor('two', 'bob')]).toEqual([403, 200]);
  });
});

describe('--check', () => {
  const check = async (dir: string, config: string): Promise<Ran> => {
    await writeFile(join(dir, 'c.yaml'), config);
    return await runIn(dir, [...annexus, 'serve', '--check', 'c.yaml'], { allow: 'any' });
  };

  test('tells mistakes with their lines, what is missing, and warnings as errors', async () => {
    await withTempDir(async (dir) => {
      await makeServed(dir, 'data.git', { release: latest });
      const good = 'repositories: { data: data.git }\naccess: [{ role: read, users: anonymous }]\n';
      expect(await check(dir, good)).toEqual({ exitCode: 0, stdout: 'c.yaml: ok\n', stderr: '' });
      const lines = await check(dir, `${good}limits:\n  connections: 0\nstatus: perhaps\nlissten: x\n`);
      expect(lines).toMatchObject({ exitCode: 1, stdout: '' });
      expect(lines.stderr).toMatch(/c\.yaml:4:3: limits.connections: .*\n.*c\.yaml:5:1: .*\n.*c\.yaml:6:1: /);
      for (const [more, message] of [
        ['tls: { certificate: none.pem, key: none.key }', /none\.(pem|key)/],
        ['users: { htpasswd: none }', /none/],
        ['directories: [{ path: none }]', /none/],
        ['sendfile: { header: X-Sendfile, root: none }', /none/],
      ] as const) {
        const { exitCode, stderr } = await check(dir, `${good}${more}\n`);
        expect([more, exitCode, message.test(stderr)]).toEqual([more, 1, true]);
      }
      const gone = await check(dir, good.replace('data.git', 'gone.git'));
      expect(gone).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('gone.git') as string });
      await runIn(dir, ['git', 'init', '--quiet', '--bare', 'plain.git']);
      const plain = await check(dir, good.replace('data.git', 'plain.git'));
      expect(plain).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no annex yet') as string });
      await writeFile(join(dir, 'htpasswd'), `${htpasswd}eve:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n`);
      const warned = await check(dir, `${good}users: { htpasswd: htpasswd }\n`);
      expect(warned).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('htpasswd') as string });
      expect((await check(dir, 'listen: systemd')).exitCode).toBe(0);
    });
  });
});
