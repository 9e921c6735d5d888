// What the listener tells of requests, and the ids that the client sees too, over real sockets.
import { expect, test } from 'vitest';
import { annexPath, keyOf, serveMemory, serverUUID, until } from '../../../test/support/annex-server.ts';
import { childTrace, parseTraceparent } from '../../types/trace-context.ts';
import type { RequestEnded } from '../../types/event.ts';
import { systemRng } from '../clock.ts';

function ended(events: readonly { readonly type: string }[]): readonly RequestEnded[] {
  return events.filter((event): event is RequestEnded => event.type === 'request');
}

test('a request is told when it begins and when it ends, with what it moved and who asked', async () => {
  await using server = await serveMemory();
  const content = 'x'.repeat(100_000);
  const key = keyOf(content);
  const url = `http://127.0.0.1:${server.port}`;
  const put = await fetch(`${url}${annexPath('put', `key=${key}`)}`, {
    method: 'POST',
    headers: { 'X-git-annex-data-length': `${content.length}` },
    body: content,
  });
  expect(await put.json()).toMatchObject({ stored: true });
  const got = await fetch(`${url}/git-annex/${serverUUID}/key/${key}`);
  expect(await got.text()).toBe(content);
  await until(() => ended(server.events).length === 2);
  const requests = ended(server.events);
  const started = server.events.filter(({ type }) => type === 'request-started');
  expect(started.map((event) => 'requestId' in event && event.requestId)).toEqual(
    requests.map(({ requestId }) => requestId),
  );
  const [upload, download] = requests;
  expect(upload).toMatchObject({ method: 'POST', status: 200, repository: serverUUID, hungUp: false });
  expect(upload?.address).toMatch(/127\.0\.0\.1$/);
  // One head besides the content, on the same connection or on another.
  expect((upload?.bytesIn ?? 0) - content.length).toBeGreaterThan(50);
  expect((upload?.bytesIn ?? 0) - content.length).toBeLessThan(1500);
  expect(upload?.bytesOut).toBeLessThan(1500);
  expect((download?.bytesOut ?? 0) - content.length).toBeGreaterThan(50);
  expect((download?.bytesOut ?? 0) - content.length).toBeLessThan(1500);
  expect(download?.bytesIn).toBeLessThan(1500);
  expect(put.headers.get('x-request-id')).toBe(upload?.requestId);
  expect(got.headers.get('x-request-id')).toBe(download?.requestId);
});

test('the id is in the reason of an error, and unlike those of another start', async () => {
  await using server = await serveMemory();
  await using other = await serveMemory();
  const ids: string[] = [];
  for (const { port } of [server, server, other]) {
    const answer = await fetch(`http://127.0.0.1:${port}/git-annex/${serverUUID}/key/none`);
    const id = answer.headers.get('x-request-id') ?? '';
    expect(answer.status).toBe(400);
    expect(answer.statusText).toBe(`Bad Request: key parse error [request ${id}]`);
    ids.push(id);
  }
  expect(new Set(ids).size).toBe(3);
  expect(new Set(ids.map((id) => id.split('-')[0])).size).toBe(2);
});

test('only who is trusted names requests, and only sanely', async () => {
  let isTrusted = false;
  await using server = await serveMemory({ isTrusted: () => isTrusted });
  const idFor = async (given: string): Promise<string | null> => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/`, { headers: { 'X-Request-Id': given } });
    return answer.headers.get('x-request-id');
  };
  expect(await idFor('given-1')).not.toBe('given-1');
  isTrusted = true;
  expect(await idFor('given-1')).toBe('given-1');
  expect(await idFor('an id "with" more')).toMatch(/^[0-9a-z]{8}-2$/);
});

test('a client that goes away is told of as such', async () => {
  await using server = await serveMemory({
    over: () => ({
      retrieve: (_key, _options, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    }),
  });
  const asking = new AbortController();
  const path = `/git-annex/${serverUUID}/key/${keyOf('x')}`;
  const request = fetch(`http://127.0.0.1:${server.port}${path}`, { signal: asking.signal });
  await until(() => server.events.some(({ type }) => type === 'request-started'));
  asking.abort();
  await expect(request).rejects.toThrow();
  await until(() => ended(server.events).length === 1);
  expect(ended(server.events)[0]).toMatchObject({ hungUp: true });
});

test('the trace of a request is what its traceparent says', async () => {
  await using server = await serveMemory({
    traceOf: (header) => {
      const parent = parseTraceparent(header ?? '');
      return parent && childTrace(parent, systemRng);
    },
  });
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await fetch(`http://127.0.0.1:${server.port}/`, { headers: { traceparent } });
  await fetch(`http://127.0.0.1:${server.port}/`);
  await until(() => ended(server.events).length === 2);
  const [traced, plain] = ended(server.events);
  expect(traced?.trace).toMatchObject({
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    parentSpanId: '00f067aa0ba902b7',
    sampled: true,
  });
  expect(plain?.trace).toBeUndefined();
});
