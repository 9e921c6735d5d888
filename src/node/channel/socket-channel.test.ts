// Sockets as channels: both kinds of addresses, nobody there, nobody in time, nobody who wants it any more.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { connectSocket } from './socket-channel.ts';

const signal = new AbortController().signal;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function echo(address: string | number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  servers.push(server);
  if (typeof address === 'string') server.listen(address);
  else server.listen(address, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

test('a unix socket and a port', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'annexus-socket-'));
  try {
    await echo(join(dir, 's'));
    const { port } = (await echo(0)).address() as AddressInfo;
    for (const address of [{ path: join(dir, 's') }, { host: '127.0.0.1', port }]) {
      const channel = await connectSocket(address, { timeoutMs: 5000, signal });
      await channel.write(Buffer.from('there and back'));
      expect(Buffer.from((await channel.read()) ?? []).toString()).toBe('there and back');
      await channel.end();
      expect(await channel.read()).toBeUndefined();
      channel.destroy();
    }
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('nobody there', async () => {
  const server = await echo(0);
  const { port } = server.address() as AddressInfo;
  server.close();
  const failing = connectSocket({ host: '127.0.0.1', port }, { timeoutMs: 5000, signal });
  await expect(failing).rejects.toMatchObject({
    code: 'peer',
    message: expect.stringContaining(`127.0.0.1 port ${port}`) as unknown,
  });
  await expect(
    connectSocket({ path: '/nonexistent/socket' }, { timeoutMs: 5000, signal }),
  ).rejects.toMatchObject({
    code: 'peer',
  });
});

test('an abort', async () => {
  const reason = new Error('gone');
  const aborted = AbortSignal.abort(reason);
  await expect(connectSocket({ path: '/x' }, { timeoutMs: 5000, signal: aborted })).rejects.toBe(reason);
  const controller = new AbortController();
  // A documentation address: nobody answers, or nobody can be reached.
  const connecting = connectSocket(
    { host: '192.0.2.1', port: 9 },
    { timeoutMs: 5000, signal: controller.signal },
  );
  controller.abort(reason);
  await expect(connecting).rejects.toBe(reason);
});
