// From git's configuration to a Remote: where the annex is, whom to trust, and where a stranger may not lead.
import { execFileSync } from 'node:child_process';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTLSServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { contextOf } from '../../../../test/support/gateway-bench.ts';
import { keyOf, serverUUID, serveMemory, type AnnexServer } from '../../../../test/support/annex-server.ts';
import type { HttpRemote } from '../../../p2p/http/client/http-remote.ts';
import { systemClock } from '../../clock.ts';
import { openGitRepository, type GitRepository } from '../../git/git-repository.ts';
import { runGit } from '../../git/run-git.ts';
import { allowedAddresses } from './allowed-addresses.ts';
import { configuredHttpRemote } from './configured-http-remote.ts';
import { configuredAnnexUrl } from './find-annex-url.ts';

let dir: string;
let repository: GitRepository;
let annex: AnnexServer;
const closing: (() => void)[] = [];
const key = keyOf('x');
const answers = new Map<string, string>();

beforeAll(async () => {
  // It goes before the configuration.
  vi.stubEnv('GIT_SSL_CAINFO', undefined);
  dir = await mkdtemp(join(tmpdir(), 'annexus-configured-'));
  await runGit(['init', '-q', dir], { cwd: dir });
  repository = await openGitRepository(dir);
  annex = await serveMemory();
});
afterAll(async () => {
  for (const close of closing) close();
  await annex[Symbol.asyncDispose]();
  await repository.close();
  await rm(dir, { recursive: true });
});

async function open(name: string): Promise<HttpRemote | undefined> {
  const signal = new AbortController().signal;
  return await configuredHttpRemote(repository, { name, uuid: serverUUID, clock: systemClock, signal });
}

/** A web server that answers what `answers` has for a path. */
async function webServer(): Promise<number> {
  const server = createServer((request, response) => {
    const text = answers.get(request.url ?? '');
    response.writeHead(text === undefined ? 404 : 200);
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('annexUrl and annexInsteadOf', async () => {
  await repository.setConfig('remote.a.annexUrl', 'annex+http://a/git-annex/');
  await repository.setConfig('remote.b.url', 'https://host/b.git');
  await repository.setConfig('url.annex+https://host/.annexInsteadOf', 'https://host/');
  await repository.setConfig('url.annex+https://other/.annexInsteadOf', 'https://h');
  await repository.setConfig('remote.c.annexUrl', 'ssh://c/');
  const config = await repository.config();
  expect(configuredAnnexUrl(config, 'a')?.host).toBe('a');
  expect(configuredAnnexUrl(config, 'b')).toMatchObject({ host: 'host', basePath: '/b.git' });
  expect(configuredAnnexUrl(config, 'c')).toBeUndefined();
  expect(configuredAnnexUrl(config, 'd')).toBeUndefined();
  expect(await open('c')).toBeUndefined();
});

test('what is configured may lead to this machine', async () => {
  await repository.setConfig('remote.here.annexUrl', `annex+http://127.0.0.1:${annex.port}/`);
  const remote = await open('here');
  expect(await remote?.checkPresent(key, contextOf())).toBe(false);
  remote?.close();
});

describe('what a web server says', () => {
  const config = (host: string, uuid: string = serverUUID): string =>
    `[core]\n\tbare = true\n[annex]\n\tuuid = ${uuid}\n\turl = annex+http://${host}:${annex.port}/git-annex/\n`;

  test('is followed to the same host', async () => {
    const port = await webServer();
    answers.set('/same.git/config', config('127.0.0.1'));
    await repository.setConfig('remote.same.url', `http://127.0.0.1:${port}/same.git`);
    const remote = await open('same');
    expect(await remote?.checkPresent(key, contextOf())).toBe(false);
    remote?.close();
  });

  test('is not followed to private addresses of others, by number or by name', async () => {
    const port = await webServer();
    await repository.setConfig('remote.led.url', `http://127.0.0.1:${port}/led.git/`);
    answers.set('/led.git/config', config('127.0.0.2'));
    await expect(open('led')).rejects.toThrow(/allowed-ip-addresses/);
    answers.set('/led.git/config', config('localhost'));
    const byName = await open('led');
    await expect(byName?.checkPresent(key, contextOf())).rejects.toThrow(/allowed-ip-addresses/);
    byName?.close();
    await repository.setConfig('annex.security.allowed-ip-addresses', `[127.0.0.1]:${annex.port}`);
    const allowed = await open('led');
    expect(await allowed?.checkPresent(key, contextOf())).toBe(false);
    allowed?.close();
  });

  test('is refused about another repository, and passed over where it is nonsense', async () => {
    const port = await webServer();
    await repository.setConfig('remote.odd.url', `http://127.0.0.1:${port}/odd.git`);
    answers.set('/odd.git/config', config('127.0.0.1', 'another'));
    await expect(open('odd')).rejects.toThrow(/another/);
    for (const text of ['', '<html>', '[annex', '[annex]\n\turl = https://h/\n', `#${'x'.repeat(100_000)}`]) {
      answers.set('/odd.git/config', text);
      expect(await open('odd')).toBeUndefined();
    }
    answers.delete('/odd.git/config');
    expect(await open('odd')).toBeUndefined();
  });
});

test('addresses that are not public', async () => {
  const usual = allowedAddresses({ get: () => undefined } as never);
  const refused = [
    '127.0.0.1',
    '10.1.2.3',
    '192.168.0.1',
    '169.254.169.254',
    '::1',
    'fe80::1',
    '::ffff:10.0.0.1',
  ];
  const open = ['8.8.8.8', '2001:4860:4860::8888'];
  expect([...refused, 'not an address', ...open].filter((address) => usual.allows(address, 80))).toEqual(
    open,
  );
  expect(allowedAddresses({ get: () => 'all' } as never).allows('127.0.0.1', 80)).toBe(true);
});

test('trusts the certificates that git is told to trust', async () => {
  const [keyFile, certFile] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '1',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
      '-keyout',
      keyFile,
      '-out',
      certFile,
    ],
    { stdio: 'ignore' },
  );
  const answer: RequestListener = (_, response) => void response.end('{"present":true}');
  const server = createTLSServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const url = `annex+https://localhost:${(server.address() as AddressInfo).port}/`;
  await repository.setConfig('remote.tls.annexUrl', url);
  const untrusting = await open('tls');
  await expect(untrusting?.checkPresent(key, contextOf())).rejects.toThrow(/certificate/);
  await repository.setConfig(`http.${url.slice('annex+'.length)}.sslCAInfo`, certFile);
  const trusting = await open('tls');
  expect(await trusting?.checkPresent(key, contextOf())).toBe(true);
  await repository.setConfig(`http.${url.slice('annex+'.length)}.sslCAInfo`, undefined);
  await repository.setConfig('http.sslVerify', 'false');
  const careless = await open('tls');
  expect(await careless?.checkPresent(key, contextOf())).toBe(true);
  for (const remote of [untrusting, trusting, careless]) remote?.close();
  server.closeAllConnections();
});
