import { expect, test } from 'vitest';
import { fakeRequest, type FakeRequest } from '../../../../test/support/fake-request.ts';
import { ManualClock, settle } from '../../../../test/support/manual-clock.ts';
import { isGranted, readAsker, type AccessPolicy } from '../access.ts';
import { emptyReply, type HttpHandler, type HttpReply, type HttpRequest } from '../message.ts';
import { Limits } from './limits.ts';
import { Subjects } from './subjects.ts';

/** As many as there are users: everybody is who they say. */
const everyone: AccessPolicy = {
  authorize: ({ credentials }) => ({ user: credentials?.user, mode: 'readwrite' }),
};

function from(address: string | undefined, request: Partial<FakeRequest> = {}): HttpRequest {
  return { ...fakeRequest({ path: '/', ...request }), address };
}

function statusOf(reply: HttpReply | undefined): string {
  const retry = reply?.headers[reply.headers.indexOf('Retry-After') + 1];
  return reply?.status === 429 ? `429 after ${retry}` : String(reply?.status);
}

test('requests in a time, by address; what is nobody’s business counts for nothing', async () => {
  const clock = new ManualClock();
  const limits = new Limits({ clock, perAddress: { requests: { perSecond: 0.5, burst: 2 } } });
  const handler = limits.handler(async () => await Promise.resolve(emptyReply(200)));
  const none = limits.handler(() => undefined);
  const ask = async (address: string | undefined): Promise<string> => statusOf(await handler(from(address)));
  for (let turn = 0; turn < 5; turn++) expect(none(from('192.0.2.1'))).toBeUndefined();
  expect([await ask('192.0.2.1'), await ask('192.0.2.1'), await ask('192.0.2.1')]).toEqual([
    '200',
    '200',
    '429 after 2',
  ]);
  expect([await ask('192.0.2.2'), await ask(undefined), await ask(undefined), await ask(undefined)]).toEqual([
    '200',
    '200',
    '200',
    '200',
  ]);
  await clock.advance(2000);
  expect([await ask('192.0.2.1'), await ask('192.0.2.1')]).toEqual(['200', '429 after 2']);
});

test('requests at once last until the reply has gone, however that ends', async () => {
  const limits = new Limits({ clock: new ManualClock(), perAddress: { simultaneous: 2 } });
  let fail: (error: Error) => void = () => undefined;
  const replies: Record<string, () => Promise<HttpReply>> = {
    '/slow': () => new Promise((_, reject) => void (fail = reject)),
    '/stream': async () =>
      await Promise.resolve({ status: 200, headers: [], body: { lengthBytes: 2, chunks: chunks('a', 'b') } }),
    '/now': async () => await Promise.resolve(emptyReply(204)),
  };
  const handler = limits.handler(async ({ path }) => await (replies[path] as () => Promise<HttpReply>)());
  const ask = async (path: string): Promise<HttpReply | undefined> =>
    await handler(from('192.0.2.1', { path }));
  const slow = ask('/slow');
  const failed = slow.catch(String);
  const stream = await ask('/stream');
  expect(statusOf(await ask('/now'))).toBe('429 after 1');
  const iterator = chunksOf(stream)[Symbol.asyncIterator]();
  await iterator.next();
  expect(statusOf(await ask('/now'))).toBe('429 after 1');
  await iterator.return?.();
  expect(statusOf(await ask('/now'))).toBe('204');
  const other = await ask('/stream');
  expect(statusOf(await ask('/now'))).toBe('429 after 1');
  fail(new Error('broken'));
  expect(await failed).toBe('Error: broken');
  expect(statusOf(await ask('/now'))).toBe('204');
  for await (const _ of chunksOf(other));
  expect([await ask('/now'), await ask('/now')].map(statusOf)).toEqual(['204', '204']);
});

test('by user, wherever the user comes from', async () => {
  const limits = new Limits({
    clock: new ManualClock(),
    perUser: { requests: { perSecond: 1, burst: 2 }, simultaneous: 1 },
  });
  const policy = limits.policy(everyone);
  const ends: (() => void)[] = [];
  const handler: HttpHandler = limits.handler(async (request) => {
    const verdict = await policy.authorize(readAsker(request, {}), 'read');
    if (!isGranted(verdict)) return verdict;
    await new Promise<void>((resolve) => void ends.push(resolve));
    return emptyReply(200);
  });
  const ask = async (user: string, address: string): Promise<string> => {
    const headers = { authorization: `Basic ${btoa(`${user}:pw`)}` };
    return statusOf(await handler(from(address, { headers })));
  };
  const first = ask('ann', '192.0.2.1');
  await settle();
  expect(await ask('ann', '192.0.2.2')).toBe('429 after 1');
  const other = ask('bob', '192.0.2.1');
  await settle();
  for (const end of ends) end();
  expect(await Promise.all([first, other])).toEqual(['200', '200']);
  const second = ask('ann', '192.0.2.2');
  await settle();
  ends.at(-1)?.();
  expect([await second, await ask('ann', '192.0.2.3')]).toEqual(['200', '429 after 1']);
});

test('bytes both ways come at their pace, and wait for nobody who has gone', async () => {
  const clock = new ManualClock();
  const limits = new Limits({
    clock,
    perAddress: { uploadBytesPerSecond: 100_000, downloadBytesPerSecond: 200_000 },
  });
  const big = new Uint8Array(400_000);
  const handler = limits.handler(async (request) => {
    let received = 0;
    for await (const chunk of request.body) received += chunk.length;
    return { status: 200, headers: [`${received}`], body: { lengthBytes: big.length, chunks: chunks(big) } };
  });
  const gone = new AbortController();
  const request = from('192.0.2.1', {
    body: [new Uint8Array(150_000), new Uint8Array(150_000)],
    signal: gone.signal,
  });
  let reply: HttpReply | undefined;
  const answered = handler(request)?.then((given) => void (reply = given));
  await clock.advance(1990);
  expect(reply).toBeUndefined();
  await clock.advance(20);
  await answered;
  expect(reply?.headers).toEqual(['300000']);
  const sizes: number[] = [];
  const sent = (async () => {
    for await (const chunk of chunksOf(reply)) sizes.push(chunk.length);
  })();
  await clock.advance(0);
  expect(sizes).toEqual([65_536, 65_536, 65_536]);
  await clock.advance(500);
  expect(sizes).toHaveLength(4);
  gone.abort(new Error('the client hung up'));
  await sent;
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(big.length);
  expect(clock.waiting).toBe(0);
});

test('strangers are forgotten, those with a request running are not', () => {
  const subjects = new Subjects({ simultaneous: 1 }, new ManualClock());
  const busy = subjects.enter('busy');
  for (let number = 0; number < 12_000; number++) {
    const subject = subjects.enter(`${number}`);
    if (typeof subject === 'object') subjects.leave(`${number}`, subject);
  }
  expect(subjects.size).toBe(10_001);
  expect([typeof busy, subjects.enter('busy')]).toEqual(['object', 1]);
});

async function* chunks(...pieces: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece as string));
}

function chunksOf(reply: HttpReply | undefined): AsyncIterable<Uint8Array> {
  if (typeof reply?.body !== 'object') throw new Error('no stream');
  return reply.body.chunks;
}
