import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { fakeRequest } from '../../../test/support/fake-request.ts';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import type { Action } from '../../p2p/http/access.ts';
import type { Identity } from '../../p2p/http/permission/identity.ts';
import { ExternalDecision, type ExternalDecisionOptions } from './external-decision.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server | undefined;
let decision: ExternalDecision | undefined;

afterEach(() => {
  decision?.close();
  server?.closeAllConnections();
  server?.close();
});

interface Bench {
  readonly clock: ManualClock;
  readonly asked: IncomingMessage[];
  readonly ask: (
    action?: Action,
    request?: { path?: string; headers?: Record<string, string> },
  ) => Promise<string>;
}

async function bench(answer: Answer, options: Partial<ExternalDecisionOptions> = {}): Promise<Bench> {
  const clock = new ManualClock();
  const asked: IncomingMessage[] = [];
  const made = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(made.address() as AddressInfo).port}/auth?x=1`;
  const made2 = new ExternalDecision({ url, clock, events: () => undefined, ...options });
  decision = made2;
  const ask = async (
    action: Action = 'read',
    request: { path?: string; headers?: Record<string, string> } = {},
  ) => {
    const { path = '/lab/mice/git-annex/U/v4/get?key=K', headers = {} } = request;
    const asker = { credentials: undefined, token: undefined, request: fakeRequest({ path, headers }) };
    return explain(await made2.identify({ asker, action, repository: 'lab/mäuse' }));
  };
  return { clock, asked, ask };
}

function explain(identity: Identity | undefined): string {
  if (identity === undefined) return 'unknown';
  if (identity.type === 'reply') return String(identity.reply.status);
  if (identity.type !== 'user') return identity.type;
  const { user, permission } = identity;
  return [user ?? 'anybody', permission?.role, permission?.locking]
    .filter((part) => part !== undefined)
    .join(' ');
}

function says(status: number, headers: Record<string, string> = {}): Answer {
  return (_, response) => void response.writeHead(status, headers).end('body');
}

test('describes the request as it came', async () => {
  const { ask, asked } = await bench(says(200));
  const headers = {
    authorization: 'Basic eDp5',
    cookie: 'session=1; b=2',
    host: 'data.example',
    'x-other': 'no',
  };
  await ask('remove', { headers });
  expect(asked[0]?.url).toBe('/auth?x=1');
  expect(asked[0]?.headers).toMatchObject({
    'x-original-method': 'POST',
    'x-original-uri': '/lab/mice/git-annex/U/v4/get?key=K',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'data.example',
    'x-annexus-repository': 'lab/m%C3%A4use',
    'x-annexus-action': 'remove',
    authorization: 'Basic eDp5',
    cookie: 'session=1; b=2',
  });
  expect(asked[0]?.headers).not.toHaveProperty('x-other');
});

test.each<[string, number, Record<string, string>, Partial<ExternalDecisionOptions>, Action, string]>([
  ['a yes to reading', 200, {}, {}, 'read', 'anybody read false'],
  ['a yes to locking', 204, {}, {}, 'lock', 'anybody read true'],
  ['a yes to pushing', 299, { 'X-Annexus-User': 'ann' }, {}, 'push', 'ann append false'],
  ['a yes to removing', 200, {}, {}, 'remove', 'anybody write false'],
  [
    'a role',
    200,
    { 'X-Annexus-User': 'm\u00c3\u00b6e', 'X-Annexus-Role': 'admin' },
    {},
    'read',
    'möe admin false',
  ],
  ['a reader', 200, { 'X-Annexus-Role': 'read' }, {}, 'lock', 'anybody read false'],
  [
    'a reader who may lock',
    200,
    { 'X-Annexus-Role': 'read' },
    { readersLock: true },
    'lock',
    'anybody read true',
  ],
  ['a user', 200, { 'X-Annexus-User': 'ann', 'X-Annexus-Role': 'admin' }, { decides: 'user' }, 'read', 'ann'],
  ['no user', 200, {}, { decides: 'user' }, 'read', 'anonymous'],
  ['nobody known', 401, {}, { decides: 'user' }, 'read', 'unknown'],
  ['credentials wanted', 401, {}, {}, 'read', '401'],
  ['a no', 403, {}, {}, 'read', '403'],
  ['a no to anybody', 403, {}, { decides: 'user' }, 'read', '403'],
  ['a role that is none', 200, { 'X-Annexus-Role': 'owner' }, {}, 'read', '503'],
  ['a user that is none', 200, { 'X-Annexus-User': 'anonymous' }, {}, 'read', '503'],
  ['a user that is not UTF-8', 200, { 'X-Annexus-User': '\u00ff' }, {}, 'read', '503'],
  ['a redirect', 302, { Location: '/login' }, {}, 'read', '503'],
  ['not found', 404, {}, {}, 'read', '503'],
  ['an error', 500, {}, {}, 'read', '503'],
])('understands %s', async (_, status, headers, options, action, expected) => {
  const { ask } = await bench(says(status, headers), options);
  expect(await ask(action)).toBe(expected);
});

test('no answer in time, none at all and nobody there are never a yes, and not remembered', async () => {
  let turn = 0;
  const { ask, asked } = await bench(
    (_, response) => {
      turn++;
      if (turn === 2) response.destroy();
      if (turn === 3) response.writeHead(200).end();
    },
    { timeoutMs: 100 },
  );
  expect([await ask(), await ask(), await ask()]).toEqual(['503', '503', 'anybody read false']);
  expect(asked).toHaveLength(3);
  server?.closeAllConnections();
  server?.close();
  expect(await ask('lock')).toBe('503');
});

test('a body that never ends holds nothing up', async () => {
  const { ask } = await bench((_, response) => void response.writeHead(200).write('x'), { timeoutMs: 100 });
  expect(await ask()).toBe('anybody read false');
});

test('the same question at once is one call; answers are kept for some seconds', async () => {
  const waiting: ServerResponse[] = [];
  const { ask, asked, clock } = await bench((_, response) => void waiting.push(response), { keepMs: 3000 });
  const all = Promise.all(Array.from({ length: 10 }, async () => await ask()));
  while (waiting.length === 0) await settle();
  waiting.pop()?.writeHead(200).end();
  expect(new Set(await all)).toEqual(new Set(['anybody read false']));
  await clock.advance(2999);
  await ask();
  expect(asked).toHaveLength(1);
  await clock.advance(1);
  const again = ask();
  while (waiting.length === 0) await settle();
  waiting.pop()?.writeHead(403).end();
  expect(await again).toBe('403');
});

test('what is told is what an answer is for', async () => {
  const { ask, asked } = await bench(says(200));
  const headers = { authorization: 'Basic eDp5' };
  for (let turn = 0; turn < 2; turn++) {
    await ask('read');
    await ask('lock');
    await ask('read', { path: '/other' });
    await ask('read', { headers });
    await ask('read', { headers: { cookie: 'a' } });
  }
  expect(asked).toHaveLength(5);
});

test('without the URI an answer is for all keys', async () => {
  const { ask, asked } = await bench(says(200), { forwardURI: false });
  for (const path of ['/a', '/b', '/c']) expect(await ask('read', { path })).toBe('anybody read false');
  expect(asked).toHaveLength(1);
  expect(asked[0]?.headers).not.toHaveProperty('x-original-uri');
});

test.each(['', 'forge', 'ftp://forge/'])('%j is no URL to ask', (url) => {
  expect(() => new ExternalDecision({ url, clock: new ManualClock(), events: () => undefined })).toThrow(
    `"${url}" is no URL of http or https`,
  );
});
