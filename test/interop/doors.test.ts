// The doors of `annexus p2phttp`: directories of repositories, TLS, unix sockets, sockets that systemd passes; and how it ends.
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTLS } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { freePort } from '../support/free-port.ts';
import {
  cleanEnvironment,
  releases,
  runIn,
  startIn,
  withTempDir,
  type Running,
} from '../support/git-annex.ts';
import { ask, RawConnection } from '../support/raw-http.ts';
import { annexus, isListening, makeRepository, portOf, until } from './scenario/doors.ts';
import { ServedDirectory } from './scenario/served-directory.ts';

describe.each(releases())('beside git-annex, $name', (release) => {
  test('--directory serves the same repositories', async () => {
    await withTempDir(async (dir) => {
      const directory = new ServedDirectory(dir, release);
      await directory.make();
      const here = join(dir, 'here');
      const port = await freePort();
      const options = ['--wideopen', '--bind', '127.0.0.1'];
      const directories = ['--directory', '../served', '--directory', '../served/user'];
      const start = (argv: readonly string[]): Running =>
        startIn(here, [...argv, ...options, ...directories], { release });
      await using theirs = start(['git-annex', 'p2phttp', '-J4', '--port', `${port}`]);
      await using ours = start([...annexus, '--port', '0']);
      const ourPort = await portOf(ours);
      await until(() => isListening(port));
      const statusOf = async (at: number, uuid: string): Promise<number> => {
        const path = `/git-annex/${uuid}/v4/checkpresent?key=WORM-s1--absent&clientuuid=c`;
        return (await ask(at, { method: 'POST', path })).status;
      };
      const tell = async (at: number): Promise<Record<string, number>> => {
        const told = Object.entries({ ...directory.uuids, nobody: 'nobody' }).map(
          async ([name, uuid]) => [name, await statusOf(at, uuid)] as const,
        );
        return Object.fromEntries(await Promise.all(told));
      };
      const first = await tell(port);
      expect(await tell(ourPort)).toEqual(first);
      expect(Object.values(first).filter((status) => status === 200)).toHaveLength(5);
      await directory.add('new', 'served/new');
      const [{ new: uuid = '' }, plain = ''] = [directory.uuids, directory.uuids['plain']];
      expect([await statusOf(port, uuid), await statusOf(ourPort, uuid)]).toEqual([200, 200]);
      await directory.remove('served/new');
      // It is missed when somebody asks for what is not there.
      for (const at of [port, ourPort]) {
        await until(async () => (await statusOf(at, 'nobody'), (await statusOf(at, uuid)) === 404));
        expect(await statusOf(at, plain)).toBe(200);
      }
      expect(theirs.child.exitCode).toBeNull();
    });
  });

  test('a client of it gets, stores and drops over TLS with a password', async () => {
    await withTempDir(async (dir) => {
      const { path, key } = await makeRepository(dir, 'served', release);
      const { certFile, keyFile } = await makeCertificate(dir);
      const tls = ['--certfile', certFile, '--privatekeyfile', keyFile];
      await using server = startIn(
        path,
        [...annexus, '--authenv', '--bind', '127.0.0.1', '--port', '0', ...tls],
        {
          release,
          env: { GIT_ANNEX_P2PHTTP_PASSWORD_rw: 'pw' },
        },
      );
      const port = await portOf(server);
      const client = join(dir, 'client');
      await runIn(dir, ['git', 'clone', '--quiet', 'served', 'client'], { release });
      // Releases differ in which they heed.
      const env = { GIT_SSL_CAINFO: certFile, SYSTEM_CERTIFICATE_PATH: certFile };
      const run = async (...argv: readonly string[]): Promise<string> => {
        const ran = await runIn(client, argv, { release, env, allow: [0, 1] });
        return `${ran.exitCode} ${ran.stdout}${ran.stderr}`;
      };
      await run('git', 'annex', 'init', 'client');
      await run('git', 'config', 'annex.security.allowed-ip-addresses', 'all');
      await run('git', 'config', 'remote.origin.annexUrl', `annex+https://localhost:${port}/git-annex/`);
      await run('git', 'config', 'credential.helper', '!echo username=rw; echo password=pw;:');
      expect(await run('git', 'annex', 'get', 'file', '--from', 'origin')).toMatch(/^0 .*ok/s);
      await writeFile(join(client, 'other'), randomBytes(100_000));
      await run('git', 'annex', 'add', 'other');
      expect(await run('git', 'annex', 'move', 'other', '--to', 'origin')).toMatch(/^0 .*ok/s);
      expect(await run('git', 'annex', 'drop', 'file')).toMatch(/^0 .*ok/s);
      await run('git', 'config', 'credential.helper', '!echo username=rw; echo password=wrong;:');
      expect(await run('git', 'annex', 'get', 'file', '--from', 'origin')).toMatch(/^1 /);
      expect(key).not.toBe('');
    });
  });
});

describe('TLS', () => {
  test('a new certificate is used from when it is there, or at SIGHUP', async () => {
    await withTempDir(async (dir) => {
      const release = releases()[1]!;
      const { path } = await makeRepository(dir, 'served', release);
      const { certFile, keyFile } = await makeCertificate(dir);
      const tls = ['--certfile', certFile, '--privatekeyfile', keyFile];
      await using server = startIn(path, [...annexus, '--wideopen', '--port', '0', ...tls], { release });
      const port = await portOf(server);
      const subject = async (): Promise<unknown> => {
        const socket = connectTLS({ port, host: '127.0.0.1', rejectUnauthorized: false });
        await once(socket, 'secureConnect');
        const { CN } = socket.getPeerCertificate().subject;
        socket.destroy();
        return CN;
      };
      expect(await subject()).toBe('server');
      for (const [name, tell] of [
        ['second', () => undefined],
        ['third', () => server.child.kill('SIGHUP')],
      ] as const) {
        const next = await makeCertificate(dir, name);
        await rename(next.keyFile, keyFile);
        await rename(next.certFile, certFile);
        tell();
        await until(async () => (await subject()) === name);
      }
    });
  });
});

describe('sockets', () => {
  test('a unix socket is served to curl, and gone afterwards', async () => {
    await withTempDir(async (dir) => {
      const { path, uuid, key } = await makeRepository(dir, 'served', releases()[1]!);
      const socket = join(dir, 'socket');
      await using server = startIn(path, [...annexus, '--unauth-readonly', '--socket', '../socket']);
      await server.shows(/listening on unix:.*\/socket\n/);
      expect((await stat(socket)).mode & 0o777).toBe(0o700);
      const url = `http://annex/git-annex/${uuid}/key/${key}`;
      await runIn(dir, ['curl', '-sf', '--unix-socket', socket, '-o', 'got', url]);
      expect(await readFile(join(dir, 'got'))).toEqual(await readFile(join(path, 'file')));
      server.child.kill('SIGTERM');
      expect(await server.ended).toBe(0);
      await expect(stat(socket)).rejects.toThrow('ENOENT');
    });
  });

  test('a socket that systemd passes is served, and systemd is told', async () => {
    await withTempDir(async (dir) => {
      const { path, uuid, key } = await makeRepository(dir, 'served', releases()[1]!);
      const told = join(dir, 'told');
      await mkdir(join(dir, 'bin'));
      await writeFile(join(dir, 'bin/systemd-notify'), `#!/bin/sh\necho "$@" >> ${told}\n`);
      await chmod(join(dir, 'bin/systemd-notify'), 0o755);
      const listening = createServer().listen(0, '127.0.0.1');
      await once(listening, 'listening');
      const { port } = listening.address() as { readonly port: number };
      const { fd } = (listening as unknown as { readonly _handle: { readonly fd: number } })._handle;
      const env = cleanEnvironment();
      // As systemd does: the process that is to have the socket is named before its program starts.
      const child = spawn('sh', ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', ...annexus, '--unauth-readonly'], {
        cwd: path,
        env: { ...env, PATH: `${join(dir, 'bin')}:${env['PATH']}`, LISTEN_FDS: '1', NOTIFY_SOCKET: 'x' },
        stdio: ['ignore', 'inherit', 'inherit', fd],
      });
      await once(child, 'spawn');
      listening.close();
      const reply = await ask(port, { method: 'GET', path: `/git-annex/${uuid}/key/${key}` });
      expect(reply.body).toEqual(await readFile(join(path, 'file')));
      await until(async () => (await readFile(told, 'utf8').catch(() => '')) === 'READY=1\n');
      child.kill('SIGTERM');
      const [status] = (await once(child, 'exit')) as [number];
      expect(status).toBe(0);
      expect(await readFile(told, 'utf8')).toBe('READY=1\nSTOPPING=1\n');
    });
  });
});

test('more connections than there may be open files stop nobody', async () => {
  await withTempDir(async (dir) => {
    const { path, uuid, key } = await makeRepository(dir, 'served', releases()[1]!);
    const limited = ['sh', '-c', 'ulimit -n 120; exec "$@"', 'sh', ...annexus];
    await using server = startIn(path, [...limited, '--wideopen', '--bind', '127.0.0.1', '--port', '0']);
    const port = await portOf(server);
    const idle: RawConnection[] = [];
    for (let count = 0; count < 300; count++) idle.push(await RawConnection.open(port));
    for (const endpoint of ['lockcontent', 'putoffset']) {
      const asked = `/git-annex/${uuid}/v4/${endpoint}?key=${key}&clientuuid=c`;
      expect((await ask(port, { method: 'POST', path: asked })).status).toBe(200);
    }
    const got = await ask(port, { method: 'GET', path: `/git-annex/${uuid}/key/${key}` });
    expect(got.body).toEqual(await readFile(join(path, 'file')));
    await server.shows(/90 connections are open/);
    for (const each of idle) each.close();
  });
});

describe('the end', () => {
  test('a transfer that runs is finished, nobody new is served, and locks hold on', async () => {
    await withTempDir(async (dir) => {
      const sizeBytes = 16_000_000;
      const { path, uuid, key } = await makeRepository(dir, 'served', releases()[1]!, sizeBytes);
      const start = (): Running =>
        startIn(path, [...annexus, '--wideopen', '--bind', '127.0.0.1', '--port', '0']);
      await using server = start();
      const port = await portOf(server);
      const query = `key=${key}&clientuuid=c`;
      const lock = await ask(port, { method: 'POST', path: `/git-annex/${uuid}/v4/lockcontent?${query}` });
      expect(String(lock.body)).toContain('"locked":true');
      const download = await RawConnection.open(port);
      download.socket.pause();
      await download.write(`GET /git-annex/${uuid}/key/${key} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await new Promise((resolve) => download.socket.once('readable', resolve));
      server.child.kill('SIGTERM');
      await until(async () => !(await isListening(port)));
      expect(server.child.exitCode).toBeNull();
      download.socket.resume();
      const reply = await download.reply();
      expect(reply?.body.equals(await readFile(join(path, 'file')))).toBe(true);
      expect(await server.ended).toBe(0);
      await using again = start();
      const removing = { method: 'POST', path: `/git-annex/${uuid}/v4/remove?${query}` };
      expect(String((await ask(await portOf(again), removing)).body)).toContain('"removed":false');
    });
  });

  test('a second signal ends it at once', async () => {
    await withTempDir(async (dir) => {
      const { path, uuid, key } = await makeRepository(dir, 'served', releases()[1]!, 16_000_000);
      await using server = startIn(path, [...annexus, '--wideopen', '--bind', '127.0.0.1', '--port', '0']);
      const port = await portOf(server);
      const download = await RawConnection.open(port);
      download.socket.pause();
      await download.write(`GET /git-annex/${uuid}/key/${key} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await new Promise((resolve) => download.socket.once('readable', resolve));
      server.child.kill('SIGTERM');
      await until(async () => !(await isListening(port)));
      server.child.kill('SIGTERM');
      expect(await server.ended).toBe(-1);
    });
  });
});
