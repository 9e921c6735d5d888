// Files of branches by their names, and key URLs, as curl and stock HTTP clients get them from a gateway whose nodes alone
// have the content; the repositories are real git-annex's.
import { mkdir, mkdtemp, readdir, readFile, readlink, realpath, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { userAccess } from '../../src/p2p/http/user-access.ts';
import { releases, removeTree, runIn } from '../support/git-annex.ts';
import { ask } from '../support/raw-http.ts';
import { makeFileWorld, photo, serveFiles, type FileServer, type FileWorld } from './scenario/file-server.ts';

interface Got {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

describe.each(releases())('repositories of the $name release', (release) => {
  let dir: string;
  let world: FileWorld;
  let server: FileServer;
  let key: string;

  beforeAll(async () => {
    dir = await realpath(await mkdtemp(join(tmpdir(), 'annexus-files-')));
    world = await makeFileWorld(dir, release);
    server = await serveFiles(world.cluster.gateway.dir);
    key = await world.run('git annex lookupkey photo.jpg');
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await removeTree(dir);
  });

  async function curl(path: string, ...options: string[]): Promise<Got> {
    const out = join(dir, 'body');
    await writeFile(out, '');
    const argv = [
      'curl',
      '-sS',
      '--path-as-is',
      '-D',
      '-',
      '-o',
      out,
      ...options,
      new URL(path, server.url).href,
    ];
    // URL would take dots away.
    argv[argv.length - 1] = server.url.replace(/\/$/, '') + path;
    const { stdout } = await runIn(dir, argv, { release });
    const head = stdout.trim().split('\r\n\r\n').at(-1) ?? '';
    return {
      status: Number(head.split(' ')[1]),
      header: (name) => new RegExp(`^${name}: (.*?)\r?$`, 'im').exec(head)?.[1],
      body: await readFile(out),
    };
  }

  test('an annexed file is served from a node, whole and in parts', async () => {
    expect(await world.run('git annex find --in here')).toBe('');
    const whole = await curl('/data/files/main/photo.jpg');
    expect(whole).toMatchObject({ status: 200, body: photo });
    expect(whole.header('content-type')).toBe('image/jpeg');
    expect(whole.header('cache-control')).toBe('public, no-cache');
    const tag = whole.header('etag') ?? '';
    expect(tag).toBe(`"${key}"`);
    const part = await curl('/data/files/main/photo.jpg', '-r', '1000-1999', '-H', `If-Range: ${tag}`);
    expect(part).toMatchObject({ status: 206, body: photo.subarray(1000, 2000) });
    expect(await curl('/data/files/main/photo.jpg', '-I')).toMatchObject({ status: 200 });
    expect(await curl('/data/files/main/photo.jpg', '-H', `If-None-Match: ${tag}`)).toMatchObject({
      status: 304,
      body: Buffer.alloc(0),
    });
    expect(await curl('/data/files/main/photo.jpg', '-r', '300000-')).toMatchObject({ status: 416 });
  });

  test('curl goes on with a download that was cut off', async () => {
    for (const url of ['data/files/main/photo.jpg', `git-annex/${world.cluster.uuid}/key/${key}`]) {
      await writeFile(join(dir, 'resumed'), photo.subarray(0, 123_456));
      await runIn(dir, ['curl', '-sSf', '-C', '-', '-o', 'resumed', server.url + url]);
      expect((await readFile(join(dir, 'resumed'))).equals(photo)).toBe(true);
    }
  });

  test('unlocked files, links, files of git, pages; by branch, tag and commit', async () => {
    const notes = Buffer.from(Array.from({ length: 1000 }, (_, index) => `${index + 1}\n`).join(''));
    expect(await curl('/data/files/topic/a/link/notes.txt')).toMatchObject({ status: 200, body: notes });
    expect(await curl('/data/files/topic%2Fa/dir/notes.txt')).toMatchObject({ status: 200, body: notes });
    const commit = await world.run('git rev-parse main');
    const readme = await curl(`/data/files/${commit}/README.md`);
    expect(readme).toMatchObject({ status: 200, body: Buffer.from('readme\n') });
    expect(readme.header('cache-control')).toBe('public, max-age=31536000, immutable');
    const page = await curl('/data/files/main/page.html');
    expect([page.header('content-type'), page.header('content-security-policy')]).toEqual([
      'text/html',
      'sandbox',
    ]);
    const nothing = ['outside', 'README.md/', 'README.md/x', '.git/config', 'nothing'];
    for (const path of nothing) expect((await curl(`/data/files/main/${path}`)).status).toBe(404);
    const bad = ['../../etc/passwd', '%2e%2e/x', 'a%00', 'a%zz', 'a//b'];
    for (const path of bad) expect((await curl(`/data/files/main/${path}`)).status).toBe(400);
    expect((await curl('/data/files/git-annex/uuid.log')).status).toBe(404);
  });

  test('a directory, as a page and as JSON', async () => {
    expect((await curl('/data/files/main')).header('location')).toBe('./main/');
    const page = await curl('/data/files/main/', '-L');
    expect(page.body.toString()).toContain('<td><a href="./photo.jpg">photo.jpg</a></td><td>300000</td>');
    const listed = await curl('/data/files/main/', '-H', 'Accept: application/json');
    const { entries } = JSON.parse(listed.body.toString()) as { entries: { name: string; type: string }[] };
    expect(entries).toContainEqual({ name: 'photo.jpg', type: 'annexed', size: 300_000, key });
    expect(entries.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'README.md file',
      'dir directory',
      'link link',
      'outside link',
      'page.html annexed',
      'photo.jpg annexed',
    ]);
    const branches = await curl('/data/files/', '-H', 'Accept: application/json');
    expect(JSON.parse(branches.body.toString())).toMatchObject({
      branches: expect.arrayContaining(['main', 'topic/a']) as unknown,
    });
  });

  test('what nobody has, and what cannot be reached', async () => {
    await world.run(`echo alone > alone.txt; git annex add -q alone.txt; git commit -q -m alone
      git annex push -q --no-content; git push -q origin main git-annex:synced/git-annex`);
    await server.host.update();
    const absent = await curl('/data/files/main/alone.txt');
    expect(absent.status).toBe(404);
    expect(absent.body.toString()).toMatch(
      /^the content of alone\.txt is not here; known to be in laptop \([0-9a-f-]{36}\)$/,
    );
    const nodes = world.cluster.nodes.map((node) => node.dir);
    for (const node of nodes) await rename(node, `${node}.away`);
    for (const node of nodes) await mkdir(node);
    const unreachable = await curl('/data/files/main/photo.jpg');
    expect(unreachable.status).toBe(502);
    expect((await curl('/data/files/main/README.md')).status).toBe(200);
    for (const node of nodes) await removeTree(node);
    for (const node of nodes) await rename(`${node}.away`, node);
    await expect
      .poll(async () => (await curl('/data/files/main/photo.jpg')).status, { timeout: 10_000 })
      .toBe(200);
  });

  test('a node with a public URL: whoever reads is sent there, git-annex is not', async () => {
    const { gateway, nodes, uuid } = world.cluster;
    const template = 'http://mirror.invalid/{uuid}/{hashdirlower}{keyfile}/{key}';
    await gateway.git(['config', 'remote.node2.annexus-public-url', template]);
    await expect
      .poll(async () => (await curl('/data/files/main/photo.jpg')).status, { timeout: 10_000 })
      .toBe(302);
    const elsewhere = await curl('/data/files/main/photo.jpg');
    const hashed = await world.run(`git annex examinekey --format='\${hashdirlower}' ${key}`);
    expect(elsewhere.header('location')).toBe(
      `http://mirror.invalid/${nodes[1]?.uuid}/${hashed}${key}/${key}`,
    );
    const statuses = [
      [`/git-annex/${uuid}/key/${key}`, 302],
      [`/git-annex/${nodes[1]?.uuid}/key/${key}`, 302],
      [`/git-annex/${nodes[0]?.uuid}/key/${key}`, 200],
      [`/git-annex/${uuid}/v4/key/${key}?clientuuid=c`, 200],
    ] as const;
    for (const [path, status] of statuses) expect([path, (await curl(path)).status]).toEqual([path, status]);
    await gateway.git(['config', '--unset', 'remote.node2.annexus-public-url']);
    await expect
      .poll(async () => (await curl('/data/files/main/photo.jpg')).status, { timeout: 10_000 })
      .toBe(200);
  });

  test('a node behind annex+http: parts are sent as it gives them, and it is let go of', async () => {
    const { cluster } = world;
    const far = join(dir, 'far');
    const script = `
      git clone -q --bare ${cluster.gateway.dir} ${far}; cd ${far}; git annex init -q far
      git remote add node1 ${server.url}nowhere
      git config remote.node1.annexUrl annex+${server.url}git-annex/
      git config remote.node1.annex-uuid ${cluster.nodes[0]?.uuid}
      git config remote.node1.annex-proxy true; git annex updateproxy`;
    await runIn(dir, ['bash', '-ec', script], { release });
    await using second = await serveFiles(far);
    const get = async (range: string) => {
      const path = '/data/files/main/photo.jpg';
      return await ask(second.port, { method: 'GET', path, headers: { range } });
    };
    const rest = await get('bytes=1000-');
    expect(rest).toMatchObject({ status: 206, complete: true, headers: { etag: `"${key}"` } });
    expect(rest.body.equals(photo.subarray(1000))).toBe(true);
    for (let at = 0; at < 200_000; at += 5000) {
      const part = await get(`bytes=${at}-${at + 9}`);
      expect(part).toMatchObject({
        status: 206,
        headers: { etag: `W/"${key}"`, 'cache-control': 'no-store' },
      });
      expect(part.body.equals(photo.subarray(at, at + 10))).toBe(true);
    }
    // Nothing is left of what was broken off.
    await expect.poll(openObjects, { timeout: 10_000 }).toEqual([]);
  });

  test('who may not read gets nothing, and what a user gets is stored for that user alone', async () => {
    const access = userAccess({
      unauthenticated: undefined,
      passwords: 'always',
      users: new Map([['bob', { password: 'hidden', mode: 'readonly' as const }]]),
    });
    await using guarded = await serveFiles(world.cluster.gateway.dir, { access });
    const get = async (...options: string[]): Promise<string> =>
      (await runIn(dir, ['curl', '-sS', '-i', ...options, `${guarded.url}data/files/main/README.md`])).stdout;
    expect(await get()).toMatch(/^HTTP\/1.1 401 /);
    expect(await get('-u', 'bob:hidden')).toMatch(
      /^HTTP\/1.1 200 OK[^]*Cache-Control: private, no-cache[^]*readme\n$/,
    );
  });
});

/** Both servers are in this process. */
async function openObjects(): Promise<readonly string[]> {
  const names = await readdir('/proc/self/fd');
  const paths = await Promise.all(
    names.map(async (name) => await readlink(`/proc/self/fd/${name}`).catch(() => '')),
  );
  return paths.filter((path) => path.includes('/annex/objects/'));
}
