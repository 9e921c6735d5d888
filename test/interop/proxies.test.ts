// doc/serve/nginx.md and doc/serve/caddy.md: what they show, run with the real proxies and stock git-annex of both releases.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyOf } from '../support/annex-server.ts';
import { startCaddy } from '../support/caddy.ts';
import { makeCertificate, type CertificatePaths } from '../support/certificate.ts';
import { adapted, snippets } from '../support/doc-snippets.ts';
import { releases, runIn, withTempDir } from '../support/git-annex.ts';
import { startNginx } from '../support/nginx.ts';
import { until } from './scenario/doors.ts';
import { credentialHelper, htpasswd, makeServed, passwords, startSite } from './scenario/served-site.ts';

interface Proxy {
  readonly name: string;
  /** Of Annexus, behind it. */
  readonly config: () => Promise<string>;
  readonly start: (
    dir: string,
    to: { readonly port: number; readonly certificate: CertificatePaths },
  ) => Promise<AsyncDisposable & { readonly port: number }>;
}

const nginx: Proxy = {
  name: 'nginx',
  config: async () =>
    adapted((await snippets('doc/serve/nginx.md', 'yaml'))[0] ?? '', { '127.0.0.1:9417': '127.0.0.1:0' }),
  start: async (dir, { port: backend, certificate }) => {
    const [page = ''] = await snippets('doc/serve/nginx.md', 'nginx');
    const http = (port: number): string =>
      adapted(page, {
        '127.0.0.1:9417': `127.0.0.1:${backend}`,
        'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
        '/etc/ssl/annex.example.org.pem': certificate.certFile,
        '/etc/ssl/annex.example.org.key': certificate.keyFile,
      });
    return await startNginx({ dir, http });
  },
};

const caddy: Proxy = {
  name: 'Caddy',
  config: async () =>
    adapted((await snippets('doc/serve/caddy.md', 'yaml'))[0] ?? '', {
      'listen: 127.0.0.1:9417': 'listen: unix:annexus.sock',
      'trustedProxies: 127.0.0.1': 'trustedProxies: unix',
    }),
  start: async (dir, { certificate }) => {
    const [page = ''] = await snippets('doc/serve/caddy.md', 'caddyfile');
    const site = (port: number): string =>
      adapted(page, {
        'annex.example.org {': `https://localhost:${port} {\n\ttls ${certificate.certFile} ${certificate.keyFile}`,
        '127.0.0.1:9417': `unix/${join(dir, 'annexus.sock')}`,
      });
    return await startCaddy({ dir, site });
  },
};

test.each([nginx, caddy])('behind $name', async ({ config, start }) => {
  await withTempDir(async (dir) => {
    const { uuid } = await makeServed(dir, 'data.git', { release: releases()[1]!, files: { one: 'one' } });
    await writeFile(join(dir, 'htpasswd'), htpasswd);
    const certificate = await makeCertificate(dir);
    await using site = await startSite(
      dir,
      `${await config()}
repositories: { data: data.git }
users: { htpasswd: htpasswd }
access: [{ role: write, users: ann }]
log: { audit: audit.log }
`,
    );
    await using proxy = await start(dir, { port: site.port, certificate });
    const { port } = proxy;
    const { certFile } = certificate;
    const helper = credentialHelper('ann');
    for (const release of releases()) {
      await runIn(
        dir,
        [
          'bash',
          '-ec',
          `git clone -q -c credential.helper='${helper}' https://localhost:${port}/data.git ${release.name}
          cd ${release.name}; git annex get one
          head -c 3000000 /dev/urandom > ${release.name}; git annex add -q .; git commit -q -m ${release.name}
          git push -q origin main; git annex copy --to origin ${release.name}; git annex drop ${release.name}
          git annex get ${release.name}; git annex drop --from origin ${release.name}`,
        ],
        { release, env: { GIT_SSL_CAINFO: certFile, SYSTEM_CERTIFICATE_PATH: certFile } },
      );
    }

    const begin = (path: string, headers: Record<string, string> = {}, method = 'POST'): ClientRequest =>
      httpsRequest({
        port,
        host: 'localhost',
        family: 4,
        path,
        method,
        headers: { ...headers, 'x-forwarded-for': '192.0.2.66', 'x-forwarded-proto': 'http' },
        auth: `ann:${passwords.ann}`,
        localAddress: '127.0.0.2',
        rejectUnauthorized: false,
      });
    const clone = await replyTo(begin('/data.git/config', {}, 'GET').end());
    expect(clone).toContain(`url = annex+https://localhost:${port}/data/`);

    // An upload comes through while it is sent, and is told to come from whom it came.
    const content = randomBytes(8_000_000);
    const key = keyOf(content);
    const query = `key=${key}&clientuuid=${uuid}`;
    const api = `/data/git-annex/${uuid}/v4`;
    const upload = begin(`${api}/put?${query}`, {
      'content-length': `${content.length}`,
      'x-git-annex-data-length': `${content.length}`,
      'content-type': 'application/octet-stream',
    });
    upload.write(content.subarray(0, 4_000_000));
    const partial = join(dir, 'data.git/annex/tmp', key);
    await until(async () => (await stat(partial).catch(() => undefined))?.size !== undefined);
    upload.end(content.subarray(4_000_000));
    expect(JSON.parse(await replyTo(upload))).toMatchObject({ stored: true });
    const stored = async (): Promise<Stored | undefined> => {
      const lines = (await readFile(join(dir, 'audit.log'), 'utf8')).split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as Stored).find((line) => line.key === key);
    };
    await until(async () => (await stored()) !== undefined);
    expect(await stored()).toMatchObject({ user: 'ann', address: '127.0.0.2' });

    // A lock that is kept by a request, and ends with a word in it.
    const locked = JSON.parse(await replyTo(begin(`${api}/lockcontent?${query}`).end())) as {
      lockid: string;
    };
    const keeping = begin(`${api}/keeplocked?lockid=${locked.lockid}&clientuuid=${uuid}`, {
      'transfer-encoding': 'chunked',
    });
    const kept = replyTo(keeping);
    keeping.write('{"unlock": false}\n');
    const remove = async (): Promise<unknown> =>
      JSON.parse(await replyTo(begin(`${api}/remove?${query}`).end()));
    expect(await remove()).toMatchObject({ removed: false });
    // Caddy passes no reply on before the request has ended, but what comes in it at once.
    keeping.write('{"unlock": true}\n');
    await until(async () => JSON.stringify(await remove()).includes('"removed":true'));
    keeping.end();
    expect(JSON.parse(await kept)).toEqual({ locked: false });
  });
});

interface Stored {
  readonly key?: string;
}

async function replyTo(request: ClientRequest): Promise<string> {
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of message) text += String(chunk);
  return text;
}
