import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTLS } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serveMemory, until } from '../../../test/support/annex-server.ts';
import { makeCertificate } from '../../../test/support/certificate.ts';
import { RawConnection } from '../../../test/support/raw-http.ts';
import type { HttpHandler, HttpReply } from '../../p2p/http/message.ts';
import { systemClock } from '../clock.ts';
import { Certificates } from './certificates.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'annexus-connections-'));
});
afterEach(() => rm(directory, { recursive: true }));

const echo: HttpHandler = ({ path }) =>
  path === '/echo' ? Promise.resolve({ status: 200, headers: [], body: 'here' }) : undefined;

describe('too many connections', () => {
  const get = 'GET /echo HTTP/1.1\r\nHost: x\r\n\r\n';

  test('the one that is idle for longest makes room', async () => {
    await using server = await serveMemory({ maxConnections: 3, handlers: [echo] });
    const connections: RawConnection[] = [];
    for (let count = 0; count < 3; count++) connections.push(await RawConnection.open(server.port));
    const [first, second, third] = connections as [RawConnection, RawConnection, RawConnection];
    for (const each of [first, second, third, first]) {
      await each.write(get);
      expect((await each.reply())?.status).toBe(200);
    }
    const fourth = await RawConnection.open(server.port);
    await second.closed();
    await fourth.write(get);
    expect((await fourth.reply())?.status).toBe(200);
    expect(first.socket.destroyed || third.socket.destroyed).toBe(false);
    expect(server.events).toContainEqual({
      type: 'warning',
      message: expect.stringContaining('3 connections are open') as string,
    });
    for (const each of [first, third, fourth]) each.close();
  });

  test('those of a trusted proxy are not counted as those of one client', async () => {
    const admitConnection = (): undefined => undefined;
    for (const [isProxy, status] of [[true, 200] as const, [false, undefined] as const]) {
      const isTrusted = (): boolean => isProxy;
      await using server = await serveMemory({ handlers: [echo], admitConnection, isTrusted });
      const connection = await RawConnection.open(server.port);
      await connection.write(get).catch(() => undefined);
      const reply = await connection.reply().catch(() => undefined);
      expect(reply?.status).toBe(status);
      connection.close();
    }
  });

  test('over TLS too', async () => {
    const certificates = await Certificates.open(await makeCertificate(directory), {
      clock: systemClock,
      events: () => undefined,
    });
    const places = [{ host: '127.0.0.1', port: 0, certificates }];
    await using server = await serveMemory({ maxConnections: 2, handlers: [echo], places });
    const connections: RawConnection[] = [];
    for (let count = 0; count < 4; count++) {
      const socket = connectTLS({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const connection = new RawConnection(socket);
      await connection.write(get);
      expect((await connection.reply())?.status).toBe(200);
      connections.push(connection);
    }
    await connections[0]?.closed();
    await connections[1]?.closed();
    expect(connections.map(({ socket }) => socket.destroyed)).toEqual([true, true, false, false]);
    for (const each of connections) each.close();
    certificates.close();
  });

  test('requests that have only begun do not take all the memory', async () => {
    await using server = await serveMemory({ handlers: [echo] });
    const half = `GET /echo HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(500_000)}`;
    const rude: RawConnection[] = [];
    for (let count = 0; count < 160; count++) {
      const connection = await RawConnection.open(server.port);
      rude.push(connection);
      void connection.write(half);
    }
    // What is left of a body after an early answer is no such thing.
    const early = await RawConnection.open(server.port);
    await early.write(`POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n`);
    expect((await early.reply())?.status).toBe(404);
    await early.write(Buffer.alloc(1_000_000));
    await until(() => rude.some(({ socket }) => socket.destroyed));
    await early.write(Buffer.alloc(1_000_000));
    await early.write(get);
    expect((await early.reply())?.status).toBe(200);
    early.close();
    const normal = await RawConnection.open(server.port);
    await normal.write(get);
    expect((await normal.reply())?.status).toBe(200);
    expect(rude.filter(({ socket }) => !socket.destroyed).length).toBeGreaterThan(100);
    for (const each of [...rude, normal]) each.close();
  });

  test('a request that runs is never given up for a new connection', async () => {
    let running = 0;
    let isDone = false;
    await using server = await serveMemory({
      maxConnections: 1,
      handlers: [
        async (): Promise<HttpReply> => {
          running++;
          await until(() => isDone);
          return { status: 200, headers: [], body: 'done' };
        },
      ],
    });
    const served = await RawConnection.open(server.port);
    await served.write(get);
    await until(() => running === 1);
    const refused = await RawConnection.open(server.port);
    await refused.closed();
    isDone = true;
    expect(String((await served.reply())?.body)).toBe('done');
    served.close();
  });
});
