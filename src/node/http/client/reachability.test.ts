// A server whose machine is gone: a name whose look-up never ends stands for packets that get lost.
import { createServer, type AddressInfo, type LookupFunction, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { ClientRequest } from '../../../p2p/http/client/http-transport.ts';
import { NodeTransport, type TransportLimits } from './node-transport.ts';

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

interface Silent {
  readonly transport: NodeTransport;
  /** What connections lead nowhere from now on, or lead there again. */
  isGone: boolean;
  readonly lookups: () => number;
}

/** Takes connections and answers nothing. */
async function silent(limits: TransportLimits): Promise<Silent> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let lookups = 0;
  const lookup: LookupFunction = (_host, options, callback) => {
    lookups++;
    if (made.isGone) return;
    // oxlint-disable-next-line unicorn/no-null -- what node:dns answers with
    const none = null;
    if (options.all === true) callback(none, [{ address: '127.0.0.1', family: 4 }]);
    else callback(none, '127.0.0.1', 4);
  };
  const transport = new NodeTransport({ secure: false, host: 'server.invalid', port, limits, lookup });
  opened.push(() => {
    transport.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const made: Silent = { transport, isGone: false, lookups: () => lookups };
  return made;
}

function question(): ClientRequest {
  return {
    method: 'GET',
    target: '/x',
    headers: [],
    isTransfer: false,
    signal: new AbortController().signal,
  };
}

test('a request is given up when the server is gone, and waits on while it is there', async () => {
  const server = await silent({ probeMs: 50, connectMs: 200, answerMs: 60_000 });
  let isOver = false;
  const asking = server.transport
    .request(question())
    .then(String, String)
    .finally(() => (isOver = true));
  while (server.lookups() < 4) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isOver).toBe(false);
  server.isGone = true;
  expect(await asking).toContain('no connection within 0.2 seconds');
});

test('a server that is gone is not waited for by each request, and is found when it is back', async () => {
  const server = await silent({ connectMs: 1200, answerMs: 2000 });
  server.isGone = true;
  const gone = 'no connection within 1.2 seconds';
  await expect(server.transport.request(question())).rejects.toThrow(gone);
  const before = server.lookups();
  const asking = Array.from({ length: 20 }, async () => await server.transport.request(question()));
  for (const one of asking) await expect(one).rejects.toThrow(gone);
  expect(server.lookups() - before).toBeLessThan(3);
  server.isGone = false;
  const answers = async (): Promise<string> =>
    await server.transport.request(question()).then(String, (error: unknown) => String(error));
  let answer = await answers();
  while (answer.includes(gone)) answer = await answers();
  // It is there, and does not answer.
  expect(answer).toContain('does not answer');
});
