import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { Limits } from '../../p2p/http/limits/limits.ts';
import { emptyReply } from '../../p2p/http/message.ts';
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
    host: '127.0.0.1',
    port: 0,
    handlers: [{ raw: limitedRaw(git, limits) }, annex],
  });
  const ask = async (path: string): Promise<Response> => await fetch(new URL(path, listener?.url));
  expect((await ask('/other')).status).toBe(204);
  const slow = ask('/x.git/info/refs');
  while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const refused = await ask('/x.git/info/refs');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect((await ask('/other')).status).toBe(429);
  ends.pop()?.();
  expect(await (await slow).text()).toBe('done');
  const { port } = listener;
  const hangsUp = connect(port, '127.0.0.1').end('GET /x.git/x HTTP/1.1\r\nHost: x\r\n\r\n');
  while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
  hangsUp.destroy();
  await once(hangsUp, 'close');
  while ((await ask('/other')).status !== 204);
});
