// The transport against servers that are rude: byte by byte on real sockets.
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../../../../test/support/annex-server.ts';
import type { ClientRequest } from '../../../p2p/http/client/http-transport.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import { collect } from '../../../util/bytes.ts';
import { NodeTransport, type TransportLimits } from './node-transport.ts';

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

interface Rude {
  readonly transport: NodeTransport;
  readonly sockets: Socket[];
  /** All that was received, of all connections. */
  readonly received: () => string;
}

/** A server that answers by hand. */
async function rude(
  serve: (socket: Socket, request: string) => void,
  limits: TransportLimits = {},
): Promise<Rude> {
  const sockets: Socket[] = [];
  let received = '';
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      received += data.toString('latin1');
      serve(socket, data.toString('latin1'));
    });
  });
  const port = await listening(server);
  const transport = new NodeTransport({ secure: false, host: '127.0.0.1', port, limits });
  opened.push(() => {
    transport.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { transport, sockets, received: () => received };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function get(more: Partial<ClientRequest> = {}): ClientRequest {
  const signal = new AbortController().signal;
  return { method: 'GET', target: '/x', headers: [], isTransfer: false, signal, ...more };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AnnexError ? error.code : error),
  );
}

async function* chunksOf(count: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < count; at++) yield await Promise.resolve(new Uint8Array(bytes));
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('connections', () => {
  test('are used again, and one that the server closed meanwhile is noticed', async () => {
    let answered = 0;
    const { transport, sockets } = await rude((socket) => {
      // The second request of each connection finds it closed.
      if (answered++ % 2 === 1) socket.destroy();
      else socket.write(ok);
    });
    for (let count = 0; count < 3; count++) {
      const response = await transport.request(get());
      expect(Buffer.from(await collect(response.body)).toString()).toBe('ok');
    }
    expect(sockets.length).toBe(3);
    expect(transport.activeConnections).toBe(0);
  });

  test.each([
    [0, 0],
    [1, 1],
    [undefined, 3],
  ])('where %s may be idle, %s are after three at once', async (maxIdle, left) => {
    const { transport, sockets } = await rude((socket) => socket.write(ok), { maxIdle });
    const asked = [1, 2, 3].map(async () => await collect((await transport.request(get())).body));
    await Promise.all(asked);
    expect(sockets.length).toBe(3);
    await until(() => sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length === left);
  });

  test('that nobody takes are an error of the peer', async () => {
    const server = createServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const transport = new NodeTransport({ secure: false, host: '127.0.0.1', port });
    expect(await failureOf(transport.request(get()))).toBe('peer');
    expect(await failureOf(transport.request(get({ method: 'POST', body: chunksOf(3, 10) })))).toBe('peer');
  });

  test('of content do not keep questions waiting, and are bounded', async () => {
    const { transport, sockets } = await rude(
      (socket) => {
        if (sockets.length < 3) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome');
        else socket.write(ok);
      },
      { maxTransfers: 2, maxQuestions: 1 },
    );
    const controller = new AbortController();
    const download = (): Promise<unknown> =>
      transport.request(get({ isTransfer: true, signal: controller.signal }));
    await Promise.all([download(), download()]);
    const third = failureOf(download());
    await collect((await transport.request(get())).body);
    expect(sockets.length).toBe(3);
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await third).toBe(reason);
    await until(() => transport.activeConnections === 0);
  });
});

describe('silence', () => {
  const limits = { stallMs: 100, answerMs: 100 };

  test('instead of an answer', async () => {
    const { transport } = await rude(() => undefined, limits);
    expect(await failureOf(transport.request(get()))).toBe('peer');
    expect(await failureOf(transport.request(get({ method: 'POST', body: chunksOf(1, 5) })))).toBe('peer');
    await until(() => transport.activeConnections === 0);
  });

  test('in the midst of an answer', async () => {
    const { transport } = await rude(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome'),
      limits,
    );
    const response = await transport.request(get());
    expect(await failureOf(collect(response.body))).toBe('peer');
  });

  test('of one who takes no bytes', async () => {
    const { transport } = await rude((socket) => void socket.pause(), limits);
    expect(await failureOf(transport.request(get({ method: 'POST', body: chunksOf(200, 1_000_000) })))).toBe(
      'peer',
    );
  });

  test('of one who has work to do first, and last, is waited for', async () => {
    let isAnswering = false;
    const { transport } = await rude((socket, data) => {
      if (!isAnswering) {
        isAnswering = true;
        socket.pause();
        setTimeout(() => socket.resume(), 300);
      }
      if (data.endsWith('0\r\n\r\n')) setTimeout(() => socket.write(ok), 300);
    }, limits);
    const body = chunksOf(20, 1_000_000);
    // 25 s, at the pace at which the slowest work.
    const work = { beforeBytes: 100_000_000, afterBytes: 100_000_000 };
    expect((await transport.request(get({ method: 'POST', body, work }))).status).toBe(200);
  });

  test('of a sender costs nothing', async () => {
    const { transport } = await rude((socket, data) => {
      if (data.endsWith('0\r\n\r\n')) socket.write(ok);
    }, limits);
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(3);
      await new Promise((resolve) => setTimeout(resolve, 300));
      yield new Uint8Array(3);
    };
    expect((await transport.request(get({ method: 'POST', body: slow() }))).status).toBe(200);
  });
});

describe('broken connections', () => {
  test.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n'],
  ])('in the midst of an answer with %s', async (_, answer) => {
    const { transport } = await rude((socket) => void socket.end(answer));
    const response = await transport.request(get());
    expect(await failureOf(collect(response.body))).toBe('peer');
  });

  test('in the midst of a body', async () => {
    const { transport } = await rude((socket) => void socket.destroy());
    const body = chunksOf(1000, 100_000);
    expect(await failureOf(transport.request(get({ method: 'POST', body })))).toBe('peer');
    expect(await body.next()).toMatchObject({ done: true });
  });

  test('by the signal, before and after the answer', async () => {
    const { transport, sockets } = await rude((socket) => {
      if (sockets.length > 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome');
    });
    const reason = new Error('gone');
    const first = new AbortController();
    const asking = failureOf(transport.request(get({ signal: first.signal })));
    await until(() => sockets.length === 1);
    first.abort(reason);
    expect(await asking).toBe(reason);
    const second = new AbortController();
    const { body } = await transport.request(get({ signal: second.signal }));
    second.abort(reason);
    expect(await failureOf(collect(body))).toBe(reason);
    await until(() => sockets.every((socket) => socket.destroyed));
  });

  test('by a body that throws', async () => {
    const { transport, sockets } = await rude(() => undefined);
    const reason = new Error('the disk');
    const body = (async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(new Uint8Array(5));
      throw reason;
    })();
    expect(await failureOf(transport.request(get({ method: 'POST', body })))).toBe(reason);
    await until(() => sockets.every((socket) => socket.destroyed));
  });
});

test('an answer that comes before the end of the body ends the body', async () => {
  const server = createHttpServer((_, response) => {
    response.writeHead(507, { 'Content-Length': '4' });
    response.end('full');
  });
  const port = await listening(server);
  const transport = new NodeTransport({ secure: false, host: '127.0.0.1', port });
  opened.push(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
  });
  let given = 0;
  const body = (async function* (): AsyncGenerator<Uint8Array> {
    for (;;) {
      given++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      yield new Uint8Array(1000);
    }
  })();
  const response = await transport.request(get({ method: 'POST', body }));
  expect(response.status).toBe(507);
  expect(Buffer.from(await collect(response.body)).toString()).toBe('full');
  await until(() => transport.activeConnections === 0);
  const givenThen = given;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(given).toBeLessThanOrEqual(givenThen + 1);
});

test('what Node refuses to send is an error of ours', async () => {
  const { transport } = await rude((socket) => void socket.write(ok));
  expect(await failureOf(transport.request(get({ target: '/a b' })))).toBe('protocol');
});
