import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTLS, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serveMemory, until, type AnnexServer } from '../../../test/support/annex-server.ts';
import { makeCertificate } from '../../../test/support/certificate.ts';
import { RawConnection } from '../../../test/support/raw-http.ts';
import type { HttpHandler } from '../../p2p/http/message.ts';
import type { Event } from '../../types/event.ts';
import { systemClock } from '../clock.ts';
import { Certificates, type CertificateOptions } from './certificates.ts';
import { inheritedSockets } from './inherited-sockets.ts';
import type { Place } from './place.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'annexus-places-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Says what a handler is told of its client. */
const echo: HttpHandler = ({ secure, address, path }) =>
  path === '/echo'
    ? Promise.resolve({ status: 200, headers: [], body: `${secure ? 'secure' : 'plain'} ${address}` })
    : undefined;

function serve(...places: readonly Place[]): Promise<AnnexServer> {
  return serveMemory({ places, handlers: [echo] });
}

describe('unix sockets', () => {
  function ask(socketPath: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest({ socketPath, path: '/echo' }, (reply) => {
        reply.setEncoding('utf8').once('data', resolve);
      });
      sent.once('error', reject).end();
    });
  }

  test('are their owner’s alone unless told otherwise, and go with the server', async () => {
    const [own, shared] = [join(directory, 'own'), join(directory, 'shared')];
    const server = await serve(
      { socket: own },
      { socket: shared, mode: 0o660 },
      { host: '127.0.0.1', port: 0 },
    );
    expect(await ask(own)).toBe('plain undefined');
    expect(await ask(shared)).toBe('plain undefined');
    expect((await stat(own)).mode & 0o777).toBe(0o700);
    expect((await stat(shared)).mode & 0o777).toBe(0o660);
    expect(server.listener.urls).toEqual([
      `unix:${own}`,
      `unix:${shared}`,
      `http://127.0.0.1:${server.port}/`,
    ]);
    await server.listener.close();
    await expect(stat(own)).rejects.toThrow('ENOENT');
  });

  test('of a dead process are replaced; a live one and other files are not', async () => {
    const path = join(directory, 'socket');
    // Ends without closing.
    const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', program]), 'exit');
    expect((await stat(path)).isSocket()).toBe(true);
    await using server = await serve({ socket: path });
    expect(await ask(path)).toBe('plain undefined');
    await expect(serve({ socket: path })).rejects.toThrow(`something listens at ${path} already`);
    expect(await ask(path)).toBe('plain undefined');
    const file = join(directory, 'file');
    await writeFile(file, 'x');
    await expect(serve({ host: '127.0.0.1', port: 0 }, { socket: file })).rejects.toThrow('is no socket');
    expect(await readFile(file, 'utf8')).toBe('x');
    expect(server.listener.port).toBe(0);
  });
});

describe('addresses', () => {
  test('one that is taken says so, and nothing stays open', async () => {
    await using server = await serve({ host: '127.0.0.1', port: 0 });
    const taken = serve({ host: '127.0.0.1', port: 0 }, { host: '127.0.0.1', port: server.port });
    await expect(taken).rejects.toThrow(
      /^cannot listen on port \d+ of 127\.0\.0\.1: something listens there/,
    );
    await expect(serve({ host: '192.0.2.1', port: 0 })).rejects.toThrow('does not have that address');
  });

  test('IPv4 clients of a socket for both families have their own address', async () => {
    await using server = await serve({ port: 0 });
    const connection = await RawConnection.open(server.port);
    await connection.write('GET /echo HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(String((await connection.reply())?.body)).toBe('plain 127.0.0.1');
    connection.close();
  });

  test('a descriptor on which nobody listens says so', async () => {
    await expect(serve({ fd: 32_767 })).rejects.toThrow('cannot listen on descriptor 32767');
  });

  test('sockets that systemd passed are those for this process', () => {
    const mine = { LISTEN_FDS: '2', LISTEN_PID: `${process.pid}`, LISTEN_FDNAMES: 'a:b', PATH: '/bin' };
    expect(inheritedSockets(mine)).toEqual([{ fd: 3 }, { fd: 4 }]);
    expect(mine).toEqual({ PATH: '/bin' });
    expect(inheritedSockets({ LISTEN_FDS: '2', LISTEN_PID: '1' })).toEqual([]);
    expect(inheritedSockets({ LISTEN_FDS: '-1', LISTEN_PID: `${process.pid}` })).toEqual([]);
    expect(inheritedSockets({})).toEqual([]);
  });
});

describe('TLS', () => {
  const events: Event[] = [];
  const options: CertificateOptions = {
    clock: systemClock,
    events: (event) => events.push(event),
    lookEveryMs: 20,
  };
  const warnings = (): readonly Event[] => events.filter(({ type }) => type === 'warning');
  const loads = (): number => events.filter(({ type }) => type === 'certificate-loaded').length;
  beforeEach(() => events.splice(0));

  async function connect(port: number): Promise<TLSSocket> {
    const socket = connectTLS({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    return socket;
  }
  async function subject(port: number): Promise<unknown> {
    const socket = await connect(port);
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return CN;
  }

  test('requests are secure, and have an address', async () => {
    const certificates = await Certificates.open(await makeCertificate(directory), options);
    await using server = await serve({ host: '127.0.0.1', port: 0, certificates });
    const connection = new RawConnection(await connect(server.port));
    await connection.write('GET /echo HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(String((await connection.reply())?.body)).toBe('secure 127.0.0.1');
    expect(server.listener.url).toBe(`https://127.0.0.1:${server.port}/`);
    connection.close();
    certificates.close();
  });

  test('a certificate that changed is used, and one that makes no sense is not', async () => {
    const files = await makeCertificate(directory);
    const certificates = await Certificates.open(files, options);
    await using server = await serve({ host: '127.0.0.1', port: 0, certificates });
    expect(await subject(server.port)).toBe('server');
    const next = await makeCertificate(directory, 'next');
    await writeFile(files.certFile, await readFile(next.certFile));
    // Without its key it is none.
    await until(() => warnings().length > 0);
    expect(await subject(server.port)).toBe('server');
    await writeFile(files.keyFile, await readFile(next.keyFile));
    await until(() => loads() === 1);
    expect(await subject(server.port)).toBe('next');
    await rm(files.keyFile);
    await until(() => warnings().length > 1);
    expect(await subject(server.port)).toBe('next');
    certificates.close();
  });

  test('files that are missing or do not fit are told at the start', async () => {
    const [one, other] = [await makeCertificate(directory), await makeCertificate(directory, 'other')];
    const mixed = { certFile: one.certFile, keyFile: other.keyFile };
    await expect(Certificates.open(mixed, options)).rejects.toThrow(
      /server\.crt and .*other\.key cannot be used/,
    );
    const missing = { ...one, chainFiles: [join(directory, 'none')] };
    await expect(Certificates.open(missing, options)).rejects.toThrow('ENOENT');
  });

  test('the chain is sent in the order of its files', async () => {
    const [own, first, second] = [
      await makeCertificate(directory),
      await makeCertificate(directory, 'first'),
      await makeCertificate(directory, 'second'),
    ];
    const chainFiles = [first.certFile, second.certFile];
    const certificates = await Certificates.open({ ...own, chainFiles }, options);
    const subjects = certificates.credentials.cert.split('-----END CERTIFICATE-----').length - 1;
    expect(subjects).toBe(3);
    expect(certificates.credentials.cert.indexOf(await readFile(first.certFile, 'utf8'))).toBeLessThan(
      certificates.credentials.cert.indexOf(await readFile(second.certFile, 'utf8')),
    );
    certificates.close();
  });

  test('who does not come to the end of a handshake is dropped, and does not keep the server from closing', async () => {
    const certificates = await Certificates.open(await makeCertificate(directory), options);
    const limits = { stallMs: 100, patienceMs: 100 };
    const places = [{ host: '127.0.0.1', port: 0, certificates }];
    const server = await serveMemory({ places, limits });
    const silent = await RawConnection.open(server.port);
    const nonsense = await RawConnection.open(server.port);
    await nonsense.write('GET / HTTP/1.1\r\n\r\n');
    await silent.closed();
    expect(silent.receivedBytes).toBe(0);
    await nonsense.closed();
    const another = await RawConnection.open(server.port);
    await server.listener.close({ limitMs: 20 });
    await another.closed();
    certificates.close();
  });
});
