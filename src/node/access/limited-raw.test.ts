import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { until } from '../../../test/support/annex-server.ts';
import { Limits } from '../../p2p/http/limits/limits.ts';
import { emptyReply, type HttpReply } from '../../p2p/http/message.ts';
import { systemClock } from '../clock.ts';
import { listen, type Listener, type RawHandler } from '../http/listen.ts';
import { limitedRaw } from './limited-raw.ts';

let listener: Listener | undefined;
afterEach(async () => await listener?.close({ limitMs: 0 }));

test('counts what it takes until it is answered, and leaves the rest to others', async () => {
  const limits = new Limits({ clock: systemClock, perAddress: { simultaneous: 1 } });
  const ends: (() => void)[] = [];
  const git: RawHandler = ({ path, response }) => {
    if (!path.startsWith('/x.git/')) return false;
    ends.push(() => response.end('done'));
    return true;
  };
  const annex = limits.handler(async () => await Promise.resolve(emptyReply(204)));
  listener = await listen({
    places: [{ host: '127.0.0.1', port: 0 }],
    handlers: [{ raw: limitedRaw(git, limits) }, annex],
  });
  const ask = async (path: string): Promise<Response> => await fetch(new URL(path, listener?.url));
  expect((await ask('/other')).status).toBe(204);
  const slow = ask('/x.git/info/refs');
  await until(() => ends.length > 0);
  const refused = await ask('/x.git/info/refs');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect((await ask('/other')).status).toBe(429);
  ends.pop()?.();
  expect(await (await slow).text()).toBe('done');
  const { port } = listener;
  const hangsUp = connect(port, '127.0.0.1');
  hangsUp.write('GET /x.git/x HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => ends.length > 0);
  hangsUp.destroy();
  while ((await ask('/other')).status !== 204);
});

test('connections of one address have a bound', async () => {
  const limits = new Limits({ clock: systemClock, connectionsPerAddress: 2 });
  const handler = async (): Promise<HttpReply> => await Promise.resolve(emptyReply(204));
  const admitConnection = (address: string | undefined): (() => void) | undefined => limits.connect(address);
  listener = await listen({ places: [{ host: '127.0.0.1', port: 0 }], handlers: [handler], admitConnection });
  const { port } = listener;
  const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  await Promise.all(sockets.map(async (socket) => void (await once(socket, 'connect'))));
  const third = connect(port, '127.0.0.1');
  third.on('error', () => undefined);
  await once(third, 'close');
  const [first] = sockets;
  const answered = once(first as Socket, 'data');
  first?.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(String((await answered)[0])).toContain('204');
  await once(first as Socket, 'close');
  await until(() => limits.connect('127.0.0.1') !== undefined);
  for (const socket of sockets) socket.destroy();
});
