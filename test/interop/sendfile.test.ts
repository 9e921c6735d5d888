// nginx in front sends content of the nodes' disks by itself, where X-Accel-Redirect is configured.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { releases, runIn, withTempDir } from '../support/git-annex.ts';
import { startNginx } from '../support/nginx.ts';
import { ask } from '../support/raw-http.ts';
import { makeFileWorld, photo, serveFiles } from './scenario/file-server.ts';

const release = releases().at(-1)!;

test('content comes from nginx, whole and in parts; nobody reaches it past us, and git-annex works through it', async () => {
  await withTempDir(async (dir) => {
    await mkdir(join(dir, 'annexes'));
    const world = await makeFileWorld(join(dir, 'annexes'), release);
    const { cluster, run } = world;
    const sendfile = {
      header: 'X-Accel-Redirect',
      root: join(dir, 'annexes'),
      prefix: '/protected/',
    } as const;
    await using served = await serveFiles(cluster.gateway.dir, { sendfile });
    await using nginx = await startNginx({
      dir,
      server: `
    location / { proxy_pass ${served.url}; proxy_buffering off; proxy_request_buffering off; proxy_http_version 1.1;
      client_max_body_size 0; proxy_set_header Host $http_host; }
    location /protected/ { internal; alias ${dir}/annexes/; etag off; add_header ETag $upstream_http_etag;
      add_header Last-Modified ""; add_header X-Content-Type-Options nosniff; }`,
    });
    const key = await run('git annex lookupkey photo.jpg');
    const tag = `"${key}"`;
    const paths = [
      '/data/files/main/photo.jpg',
      `/git-annex/${cluster.uuid}/key/${key}?associatedfile=photo.jpg`,
    ];
    for (const path of paths) {
      const given = await ask(served.port, { method: 'GET', path });
      expect(given).toMatchObject({ status: 200, body: Buffer.alloc(0) });
      const file = decodeURIComponent(given.headers['x-accel-redirect'] ?? '');
      expect(file).toMatch(/^\/protected\/node[123]\/annex\/objects\/.*\.jpg$/);
      const get = async (headers: Record<string, string>) =>
        await ask(nginx.port, { method: 'GET', path, headers });
      const whole = await get({});
      expect(whole).toMatchObject({
        status: 200,
        complete: true,
        headers: { etag: tag, 'content-type': 'image/jpeg' },
      });
      expect(whole.headers['content-disposition']).toBe('inline; filename="photo.jpg"');
      expect(whole.headers['x-accel-redirect']).toBeUndefined();
      expect(whole.body.equals(photo)).toBe(true);
      const part = await get({ range: 'bytes=1000-1999', 'if-range': tag });
      expect(part).toMatchObject({
        status: 206,
        headers: { etag: tag, 'content-range': 'bytes 1000-1999/300000' },
      });
      expect(part.body.equals(photo.subarray(1000, 2000))).toBe(true);
      expect(await get({ range: 'bytes=0-9', 'if-range': '"other"' })).toMatchObject({ status: 200 });
      expect(await get({ range: 'bytes=300000-' })).toMatchObject({ status: 416 });
      expect(await get({ 'if-none-match': tag })).toMatchObject({ status: 304 });
      expect(await ask(nginx.port, { method: 'GET', path: file })).toMatchObject({ status: 404 });
    }
    // Whose object has a name that has to be encoded on its way.
    await run(`git config remote.origin.annexUrl annex+${nginx.url}git-annex/
      echo odd > 'o%64d &+?.txt'; git annex add -q --backend=WORM .; git commit -q -m odd
      git push -q origin main; git annex copy -q --to origin-mycluster .`);
    const odd = await ask(nginx.port, { method: 'GET', path: '/data/files/main/o%2564d%20%26%2B%3F.txt' });
    expect(odd).toMatchObject({
      status: 200,
      headers: { etag: expect.stringMatching(/^W\/"WORM-/) as string },
    });
    expect(String(odd.body)).toBe('odd\n');
    const page = await ask(nginx.port, { method: 'GET', path: '/data/files/main/page.html' });
    expect(page.headers['content-security-policy']).toBe('sandbox');
    await run(`git annex get -q .; git annex drop -q .`);
    const { stdout } = await runIn(world.laptop, ['git', 'annex', 'fsck', '--from', 'origin-mycluster'], {
      release,
    });
    expect(stdout).not.toMatch(/failed/);
  });
});
