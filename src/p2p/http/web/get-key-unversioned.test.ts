// The key URL without a version, over real sockets: what any HTTP client gets.
import { describe, expect, test } from 'vitest';
import { keyOf, serveMemory, serverUUID, until } from '../../../../test/support/annex-server.ts';
import { ask, type RawReply } from '../../../../test/support/raw-http.ts';
import type { Content, Remote, Validity } from '../../../remote/remote.ts';
import { parseKey, type Key } from '../../../types/key.ts';

const key = keyOf('0123456789');
const tag = `"${key}"`;

interface Asked {
  readonly over?: Partial<Remote>;
  readonly key?: Key;
  readonly query?: string;
  readonly method?: string;
}

/** @param headers of the request */
async function reply(headers: Record<string, string> = {}, asked: Asked = {}): Promise<RawReply> {
  const { over, method = 'GET', query = '' } = asked;
  await using server = await serveMemory({ over: () => over ?? {} });
  const which = asked.key ?? key;
  server.remote.contents.set(key, Buffer.from('0123456789'));
  const path = `/git-annex/${serverUUID}/key/${encodeURIComponent(which)}${query}`;
  return await ask(server.port, { method, path, headers });
}

interface Opened {
  readonly offsets: number[];
  released: number;
}

/** A Remote whose content may change while it is read, and what was asked of it. */
function changing(validity: Validity, stable = false): { over: Partial<Remote>; opened: Opened } {
  const opened: Opened = { offsets: [], released: 0 };
  const retrieve: Remote['retrieve'] = (_key, { offset }) => {
    opened.offsets.push(offset);
    const text = '0123456789'.slice(offset);
    async function* pieces(): AsyncGenerator<Uint8Array, undefined> {
      try {
        for (const piece of text) yield await Promise.resolve(Buffer.from(piece));
      } finally {
        opened.released++;
      }
      return undefined;
    }
    const content: Content = {
      lengthBytes: text.length,
      stable,
      chunks: pieces(),
      validity: () => Promise.resolve(validity),
    };
    return Promise.resolve(content);
  };
  return { over: { retrieve, checkPresent: () => Promise.resolve(true) }, opened };
}

describe('the whole', () => {
  test('has a type, a strong tag, and may be stored for ever', async () => {
    const given = await reply({}, { query: '?associatedfile=photo.jpg' });
    expect(given).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'image/jpeg',
        'content-disposition': 'inline; filename="photo.jpg"',
        'content-length': '10',
        'accept-ranges': 'bytes',
        'cache-control': 'public, max-age=31536000, immutable',
        etag: tag,
      },
    });
    expect(String(given.body)).toBe('0123456789');
  });

  test('HEAD asks no more than whether it is there', async () => {
    const over: Partial<Remote> = { retrieve: () => Promise.reject(new Error('opened')) };
    expect(await reply({ range: 'bytes=1-2' }, { method: 'HEAD', over })).toMatchObject({
      status: 200,
      headers: { 'content-length': '10', etag: tag },
    });
    expect((await reply({}, { method: 'HEAD', key: keyOf('other') })).status).toBe(404);
  });

  test('with credentials it is for their user alone', async () => {
    const given = await reply({ authorization: `Basic ${btoa('a:b')}` });
    expect(given.headers['cache-control']).toBe('private, max-age=31536000, immutable');
  });

  test('content without a cryptographic hash has a weak tag, and is asked for again', async () => {
    const { over } = changing('valid');
    const given = await reply({}, { over, key: parseKey('WORM-s10-m1--a')! });
    expect(given.headers).toMatchObject({ etag: 'W/"WORM-s10-m1--a"', 'cache-control': 'public, no-cache' });
  });

  test.each([
    ['valid', true, '0123456789'],
    ['invalid', false, '012345678'],
  ] as const)('content that may change is broken off where it did: %s', async (validity, complete, body) => {
    const given = await reply({}, changing(validity));
    expect(given).toMatchObject({ status: 200, complete, headers: { 'content-length': '10' } });
    expect(String(given.body)).toBe(body);
  });
});

describe('a range', () => {
  test.each([
    ['bytes=2-4', '234', '2-4'],
    ['bytes=7-', '789', '7-9'],
    ['bytes=-2', '89', '8-9'],
    ['bytes=0-99', '0123456789', '0-9'],
  ])('%s', async (range, body, where) => {
    const given = await reply({ range });
    expect(given).toMatchObject({
      status: 206,
      complete: true,
      headers: { 'content-range': `bytes ${where}/10`, 'content-length': `${body.length}`, etag: tag },
    });
    expect(String(given.body)).toBe(body);
  });

  test('several are answered whole, none of its bytes is 416', async () => {
    expect((await reply({ range: 'bytes=0-1,3-4' })).status).toBe(200);
    expect(await reply({ range: 'bytes=10-' })).toMatchObject({
      status: 416,
      headers: { 'content-range': 'bytes */10' },
    });
    expect((await reply({ range: 'bytes=10-' }, { key: keyOf('other') })).status).toBe(404);
  });

  test('it is read from where it begins, and let go of at its end', async () => {
    const { over, opened } = changing('valid', true);
    await using server = await serveMemory({ over: () => over });
    const path = `/git-annex/${serverUUID}/key/${key}`;
    const given = await ask(server.port, { method: 'GET', path, headers: { range: 'bytes=3-5' } });
    expect(String(given.body)).toBe('345');
    await until(() => opened.released === 1);
    expect(opened.offsets).toEqual([3]);
  });

  test('of a key that does not tell its size', async () => {
    const { over, opened } = changing('valid', true);
    const asked = { over, key: parseKey('URL--http://a/b')! };
    expect(await reply({ range: 'bytes=-3' }, asked)).toMatchObject({
      status: 206,
      headers: { 'content-range': 'bytes 7-9/10' },
    });
    expect(opened.offsets).toEqual([0, 7]);
    expect(await reply({ range: 'bytes=99-' }, asked)).toMatchObject({
      status: 416,
      headers: { 'content-range': 'bytes */10' },
    });
  });

  test('content of another length than its key says is an error', async () => {
    const { over } = changing('valid', true);
    const given = await reply({ range: 'bytes=1-2' }, { over, key: parseKey('WORM-s11--a')! });
    expect(given.status).toBe(500);
  });

  test('nobody vouches for a part of what may change and ends early: it is not to be joined or stored', async () => {
    const { over, opened } = changing('valid');
    expect(await reply({ range: 'bytes=0-2' }, { over })).toMatchObject({
      status: 206,
      headers: { etag: `W/${tag}`, 'cache-control': 'no-store' },
    });
    expect(await reply({ range: 'bytes=2-5', 'if-range': tag }, { over })).toMatchObject({
      status: 200,
      headers: { etag: tag },
    });
    expect(opened.offsets).toEqual([0, 2, 0]);
  });

  test.each([
    ['valid', true],
    ['invalid', false],
  ] as const)('to its end it is judged: %s', async (validity, complete) => {
    const given = await reply({ range: 'bytes=2-', 'if-range': tag }, changing(validity));
    expect(given).toMatchObject({ status: 206, complete, headers: { etag: tag } });
  });

  test.each([
    [tag, 206],
    ['"other"', 200],
    [`W/${tag}`, 200],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 200],
  ])('If-Range: %s gives %i', async (condition, status) => {
    expect((await reply({ range: 'bytes=0-1', 'if-range': condition })).status).toBe(status);
  });
});

test.each([
  [tag, 304],
  [`W/${tag}`, 304],
  [`"a", ${tag}`, 304],
  ['*', 304],
  ['"a"', 200],
])('If-None-Match: %s gives %i', async (condition, status) => {
  const given = await reply({ 'if-none-match': condition });
  expect(given).toMatchObject({ status, headers: { etag: tag } });
  expect((await reply({ 'if-none-match': condition }, { key: keyOf('other') })).status).toBe(404);
});
