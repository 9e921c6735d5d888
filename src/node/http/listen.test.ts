import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { annexPath, keyOf, serveMemory, serverUUID, until } from '../../../test/support/annex-server.ts';
import { ask, RawConnection } from '../../../test/support/raw-http.ts';
import type { RawRequest } from './listen.ts';

const key = keyOf('abc');
const checkPresent = `POST ${annexPath('checkpresent', `key=${key}`)} HTTP/1.1\r\nHost: x\r\n\r\n`;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('listen', () => {
  test('pipelined requests are answered in order', async () => {
    await using server = await serveMemory();
    server.remote.contents.set(key, Buffer.from('abc'));
    const get = `GET /git-annex/${serverUUID}/key/${key} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const connection = await RawConnection.open(server.port);
    await connection.write((checkPresent + get).repeat(50));
    for (let round = 0; round < 50; round++) {
      expect(String((await connection.reply())?.body)).toBe('{"present":true}');
      expect(String((await connection.reply())?.body)).toBe('abc');
    }
    connection.close();
  });

  test('requests that are sent ahead are served one after the other, and not without end', async () => {
    let running = 0;
    let most = 0;
    await using server = await serveMemory({
      over: (remote) => ({
        checkPresent: async (...asked) => {
          most = Math.max(most, ++running);
          await pause(1);
          running--;
          return remote.checkPresent(...asked);
        },
      }),
    });
    const connection = await RawConnection.open(server.port);
    await connection.write(checkPresent.repeat(40));
    for (let round = 0; round < 40; round++) expect((await connection.reply())?.status).toBe(200);
    expect(most).toBe(1);
    await connection.write(checkPresent.repeat(3000));
    await connection.closed();
    await until(() => running === 0);
    expect((await ask(server.port, { method: 'GET', path: '/' })).status).toBe(404);
  });

  test('a reply that comes early is not lost with a connection that it ends', async () => {
    await using server = await serveMemory();
    server.remote.contents.set(key, Buffer.from('abc'));
    const connection = await RawConnection.open(server.port);
    const path = annexPath('put', `key=${key}`);
    const headers = 'Connection: close\r\nContent-Length: 2000000\r\nX-git-annex-data-length: 2000000';
    await connection.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
    expect(String((await connection.reply())?.body)).toBe('{"plusuuids":[],"stored":true}');
    await pause(50);
    expect(connection.socket.destroyed).toBe(false);
    await connection.write(Buffer.alloc(2_000_000));
    await connection.closed();
    expect(connection.socket.errored).toBeNull();
  });

  test('headers of 64 KiB and a request line of 200 KB pass', async () => {
    await using server = await serveMemory();
    const path = annexPath('checkpresent', `key=${key}&associatedfile=${'%c3%a4'.repeat(33_000)}`);
    const headers = { 'X-Long': 'x'.repeat(65_536) };
    const reply = await ask(server.port, { method: 'POST', path, headers });
    expect(String(reply.body)).toBe('{"present":false}');
  });

  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['two lengths', `${checkPresent.slice(0, -2)}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
    [
      'a length and chunks',
      `${checkPresent.slice(0, -2)}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    ['headers without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(600_000)}`, 431],
    ['a bad chunk', `${checkPresent.slice(0, -2)}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, undefined],
  ])('%s: the connection ends and others go on', async (_, bytes, status) => {
    await using server = await serveMemory();
    const connection = await RawConnection.open(server.port);
    await connection.write(bytes);
    const reply = await connection.reply();
    expect([status ?? reply?.status]).toContain(reply?.status);
    await connection.closed();
    expect(
      (await ask(server.port, { method: 'POST', path: annexPath('checkpresent', `key=${key}`) })).status,
    ).toBe(200);
  });

  test('paths that nobody serves are 404, and may be absolute', async () => {
    await using server = await serveMemory();
    for (const path of ['/', '*', '/git-annexx', 'http://example.com', 'http://example.com/git-annex/']) {
      expect((await ask(server.port, { method: 'GET', path })).status).toBe(404);
    }
    const absolute = `http://example.com${annexPath('checkpresent', `key=${key}`)}`;
    expect((await ask(server.port, { method: 'POST', path: absolute })).status).toBe(200);
  });

  test('a raw handler may take the request to an end that fails', async () => {
    const raw = ({ path, message, response }: RawRequest): boolean => {
      if (path !== '/raw') return false;
      const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) });
      pipeline(message, broken).catch(() => response.end('raw'));
      return true;
    };
    await using server = await serveMemory({ handlers: [{ raw }] });
    const connection = await RawConnection.open(server.port);
    await connection.write(`POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx${checkPresent}`);
    expect(String((await connection.reply())?.body)).toBe('raw');
    expect((await connection.reply())?.status).toBe(200);
    await until(() => server.events.filter(({ type }) => type === 'request').length === 2);
    connection.close();
  });

  test('a raw handler shares the port', async () => {
    await using server = await serveMemory({
      handlers: [
        {
          raw: ({ message, response }) => {
            if (message.url?.startsWith('/repo.git/') !== true) return false;
            message.on('data', () => undefined).on('end', () => response.end('git'));
            return true;
          },
        },
      ],
    });
    const reply = await ask(server.port, {
      method: 'POST',
      path: '/repo.git/x',
      headers: { Expect: '100-continue' },
      body: 'x',
    });
    expect(reply.status).toBe(100);
    expect((await ask(server.port, { method: 'GET', path: '/repo.git/x' })).body.toString()).toBe('git');
    expect(
      (await ask(server.port, { method: 'POST', path: annexPath('checkpresent', `key=${key}`) })).status,
    ).toBe(200);
    await until(() => server.events.filter((event) => event.type === 'request').length >= 2);
  });

  test('a handler that throws is a 500 with its message', async () => {
    await using server = await serveMemory({
      handlers: [
        () => {
          throw new Error('broken');
        },
      ],
    });
    const reply = await ask(server.port, { method: 'GET', path: '/' });
    expect(reply.status).toBe(500);
    expect(String(reply.body)).toContain('broken');
  });

  test('each request is told as an event', async () => {
    await using server = await serveMemory();
    await ask(server.port, { method: 'POST', path: annexPath('checkpresent', 'key=bad') });
    await until(() => server.events.length > 2);
    expect(server.events[0]).toMatchObject({ type: 'listening', url: `http://127.0.0.1:${server.port}/` });
    expect(server.events[2]).toMatchObject({ type: 'request', method: 'POST', status: 400 });
  });

  test('idle connections are ended', async () => {
    await using server = await serveMemory({ limits: { stallMs: 100, patienceMs: 100 } });
    const silent = await RawConnection.open(server.port);
    await silent.closed();
    const halfway = await RawConnection.open(server.port);
    await halfway.write('POST /git-annex/');
    await halfway.closed();
    expect(server.events.filter((event) => event.type === 'request')).toEqual([]);
  });
});

describe('a handler that speaks with node:http itself', () => {
  const post = 'POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n';
  const limits = { stallMs: 50, patienceMs: 200 };

  test('is not left with half a body', async () => {
    let ending: Promise<unknown> = Promise.resolve();
    const raw = ({ message }: RawRequest): true => {
      ending = new Promise((resolve) => message.resume().once('error', resolve));
      return true;
    };
    await using server = await serveMemory({ limits, handlers: [{ raw }] });
    const connection = await RawConnection.open(server.port);
    await connection.write(`${post}half`);
    await connection.closed();
    expect(await ending).toMatchObject({ code: 'ECONNRESET' });
  });

  test('may take its time once it has all', async () => {
    const raw = ({ message, response }: RawRequest): true => {
      message.resume();
      setTimeout(() => response.end('done'), 600);
      return true;
    };
    await using server = await serveMemory({ limits, handlers: [{ raw }] });
    const connection = await RawConnection.open(server.port);
    await connection.write(`${post}0123456789`);
    expect(String((await connection.reply())?.body)).toBe('done');
    connection.close();
  });
});

describe('keeplocked', () => {
  async function lock(port: number): Promise<string> {
    const reply = await ask(port, { method: 'POST', path: annexPath('lockcontent', `key=${key}`) });
    const answer = JSON.parse(String(reply.body)) as { lockid: string };
    return answer.lockid;
  }
  async function removed(port: number): Promise<unknown> {
    const reply = await ask(port, { method: 'POST', path: annexPath('remove', `key=${key}`) });
    return (JSON.parse(String(reply.body)) as { removed: unknown }).removed;
  }
  function keep(lockID: string): string {
    const path = annexPath('keeplocked', `lockid=${lockID}`);
    return `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
  }

  test('may be silent for ever, and unlocks before its body ends', async () => {
    await using server = await serveMemory({ limits: { stallMs: 100, patienceMs: 100 } });
    server.remote.contents.set(key, Buffer.from('abc'));
    const lockID = await lock(server.port);
    const keeper = await RawConnection.open(server.port);
    await keeper.write(`${keep(lockID)}10\r\n{"unlock":false}\r\n1\r\n\n\r\n`);
    await pause(500);
    expect(keeper.socket.destroyed).toBe(false);
    expect(await removed(server.port)).toBe(false);
    await keeper.write('f\r\n{"unlock":true}\r\n1\r\n\n\r\n');
    expect(String((await keeper.reply())?.body)).toBe('{"locked":false}');
    expect(server.locks.size).toBe(0);
    expect(await removed(server.port)).toBe(true);
    // The end of the body comes late, and the connection serves on.
    await keeper.write(`0\r\n\r\n${checkPresent}`);
    expect(String((await keeper.reply())?.body)).toBe('{"present":false}');
    keeper.close();
  });

  test.each([
    ['ends after unlock:false', '10\r\n{"unlock":false}\r\n0\r\n\r\n'],
    ['is empty', '0\r\n\r\n'],
    ['makes no sense', '5\r\nabcd\n\r\n'],
    ['breaks off', undefined],
  ])('a body that %s does not release', async (_, body) => {
    await using server = await serveMemory();
    server.remote.contents.set(key, Buffer.from('abc'));
    const lockID = await lock(server.port);
    const keeper = await RawConnection.open(server.port);
    await keeper.write(keep(lockID) + (body ?? ''));
    await pause(50);
    if (body === undefined) keeper.close();
    const reply = await keeper.reply();
    expect(body === undefined || String(reply?.body) === '{"locked":false}').toBe(true);
    await pause(50);
    expect(server.locks.size).toBe(1);
    expect(await removed(server.port)).toBe(false);
    keeper.close();
  });
});

describe('close', () => {
  test('lets a running request finish and ends what may last for ever', async () => {
    const server = await serveMemory({
      over: (memory) => ({
        checkPresent: async (asked, context) => {
          await pause(300);
          return await memory.checkPresent(asked, context);
        },
      }),
    });
    const [idle, running, keeper] = [
      await RawConnection.open(server.port),
      await RawConnection.open(server.port),
      await RawConnection.open(server.port),
    ];
    await running.write(checkPresent);
    await keeper.write(
      `POST ${annexPath('keeplocked', 'lockid=x')} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    await pause(100);
    const startedMs = performance.now();
    const closed = server.listener.close();
    await idle.closed();
    await keeper.closed();
    expect(await running.reply()).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await closed;
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    await expect(RawConnection.open(server.port)).rejects.toThrow('ECONNREFUSED');
  });

  test('ends a request that takes too long', async () => {
    let aborted = false;
    const server = await serveMemory({
      over: () => ({
        checkPresent: (_key, { signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              aborted = true;
              reject(signal.reason as Error);
            });
          }),
      }),
    });
    const connection = await RawConnection.open(server.port);
    await connection.write(checkPresent);
    await pause(50);
    await server.listener.close({ limitMs: 100 });
    expect(aborted).toBe(true);
  });
});
