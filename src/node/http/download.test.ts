import { describe, expect, test } from 'vitest';
import { annexPath, keyOf, serveMemory, serverUUID, until } from '../../../test/support/annex-server.ts';
import { ask, RawConnection } from '../../../test/support/raw-http.ts';
import { sampleContent } from '../../../test/support/sample-content.ts';
import type { Content, Remote, Validity } from '../../remote/remote.ts';
import { AnnexError } from '../../types/annex-error.ts';

const content = Buffer.from(sampleContent(16 << 20));
const key = keyOf(content);
const path = annexPath(`key/${key}`, '');
const get = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

function retrieving(give: (signal: AbortSignal) => Content): Partial<Remote> {
  return { retrieve: (_key, _options, context) => Promise.resolve(give(context.signal)) };
}

function unstable(pieces: readonly string[], validity: Validity): Content {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
  }
  const lengthBytes = pieces.join('').length;
  return { lengthBytes, stable: false, chunks: chunks(), validity: () => Promise.resolve(validity) };
}

/** Gives chunks for ever, and tells when its taker has let it go. */
function endless(signal: AbortSignal): { content: Content; state: { ended: boolean; aborted: boolean } } {
  const state = { ended: false, aborted: false };
  signal.addEventListener('abort', () => (state.aborted = true));
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield await Promise.resolve(Buffer.alloc(65_536));
    } finally {
      state.ended = true;
    }
  }
  const validity = (): Promise<Validity> => Promise.resolve('valid');
  return { content: { lengthBytes: 2 ** 40, stable: true, chunks: chunks(), validity }, state };
}

describe('download', () => {
  test('a slow reader gets every byte, though chunks are overwritten behind them', async () => {
    await using server = await serveMemory();
    server.remote.contents.set(key, content);
    const connection = await RawConnection.open(server.port);
    const parts: Buffer[] = [];
    connection.socket.removeAllListeners('data');
    connection.socket.pause();
    await connection.write(get);
    for await (const chunk of connection.socket as AsyncIterable<Buffer>) {
      parts.push(chunk);
      if (parts.length % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      const received = Buffer.concat(parts.slice(0, 1)).indexOf('\r\n\r\n') + 4 + content.length;
      if (parts.reduce((sum, part) => sum + part.length, 0) >= received) break;
    }
    const all = Buffer.concat(parts);
    expect(all.subarray(all.indexOf('\r\n\r\n') + 4).equals(content)).toBe(true);
    connection.close();
  });

  test('content that cannot change has its length, and the connection goes on', async () => {
    await using server = await serveMemory();
    server.remote.contents.set(keyOf('abc'), Buffer.from('abc'));
    server.remote.contents.set(keyOf(''), Buffer.from(''));
    const connection = await RawConnection.open(server.port);
    for (const [method, text] of [
      ['GET', 'abc'],
      ['HEAD', 'abc'],
      ['GET', ''],
      ['HEAD', ''],
      ['GET', 'abc'],
    ] as const) {
      await connection.write(
        `${method} /git-annex/${serverUUID}/key/${keyOf(text)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      );
      const reply = await connection.reply({ headOnly: method === 'HEAD' });
      expect(reply).toMatchObject({
        status: 200,
        complete: true,
        headers: { 'content-length': `${text.length}`, 'x-git-annex-data-length': `${text.length}` },
      });
      expect(String(reply?.body)).toBe(method === 'HEAD' ? '' : text);
    }
    connection.close();
  });

  test.each([
    [['abc', 'def'], 'valid', 'abcdef'],
    [['abc', 'def'], 'invalid', 'abcde'],
    [['abc', '', 'd', ''], 'valid', 'abcd'],
    [['abc', '', 'd', ''], 'invalid', 'abc'],
    [['a'], 'invalid', ''],
    [[], 'invalid', ''],
  ] as const)('content that may have changed: %j, %s', async (pieces, validity, received) => {
    await using server = await serveMemory({ over: () => retrieving(() => unstable(pieces, validity)) });
    const reply = await ask(server.port, { method: 'GET', path });
    expect(reply.complete).toBe(true);
    expect(reply.headers['content-length']).toBeUndefined();
    expect(reply.headers['x-git-annex-data-length']).toBe(`${pieces.join('').length}`);
    expect(String(reply.body)).toBe(received);
  });

  test('a failure before the first byte is an error', async () => {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      await Promise.reject(new AnnexError('peer', 'the node went away'));
      yield Buffer.alloc(0);
    };
    const validity = (): Promise<Validity> => Promise.resolve('valid');
    const over = (): Partial<Remote> =>
      retrieving(() => ({ lengthBytes: 5, stable: true, chunks: failing(), validity }));
    await using server = await serveMemory({ over });
    const reply = await ask(server.port, { method: 'GET', path });
    expect(reply).toMatchObject({ status: 502, complete: true });
    expect(String(reply.body)).toBe('the node went away');
    expect(server.events).toContainEqual(expect.objectContaining({ type: 'request-failed' }));
  });

  test.each([true, false])(
    'a failure after the first byte breaks the connection (stable: %s)',
    async (stable) => {
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from('abc');
        await Promise.reject(new AnnexError('remote', 'disk failed'));
      };
      const validity = (): Promise<Validity> => Promise.resolve('valid');
      const over = (): Partial<Remote> =>
        retrieving(() => ({ lengthBytes: 6, stable, chunks: failing(), validity }));
      await using server = await serveMemory({ over });
      const reply = await ask(server.port, { method: 'GET', path });
      expect(reply).toMatchObject({ status: 200, complete: false });
      expect(String(reply.body)).toBe('abc');
    },
  );

  test.each([
    ['too few', 6, true, ['a', 'b', 'c']],
    ['too many', 2, true, ['abc']],
    ['too many', 2, false, ['a', 'b', 'c']],
  ] as const)(
    '%s bytes never pass for the whole (%i announced, stable: %s)',
    async (_, lengthBytes, stable, pieces) => {
      const over = (): Partial<Remote> =>
        retrieving(() => ({ ...unstable(pieces, 'valid'), lengthBytes, stable }));
      await using server = await serveMemory({ over });
      const reply = await ask(server.port, { method: 'GET', path }).catch(() => ({ complete: false }));
      expect(reply.complete).toBe(false);
    },
  );

  test.each([true, false])('HEAD lets the content go without reading it (stable: %s)', async (stable) => {
    let released = 0;
    const iterator: AsyncIterableIterator<Uint8Array> = {
      [Symbol.asyncIterator]: () => iterator,
      next: () => Promise.reject(new Error('read')),
      return: () => {
        released++;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    const validity = (): Promise<Validity> => Promise.resolve('valid');
    const over = (): Partial<Remote> =>
      retrieving(() => ({ lengthBytes: 5, stable, chunks: iterator, validity }));
    await using server = await serveMemory({ over });
    const reply = await ask(server.port, { method: 'HEAD', path });
    expect(reply.headers['x-git-annex-data-length']).toBe('5');
    await until(() => released === 1);
  });

  test('a client that hangs up frees what it held at once', async () => {
    let state = { ended: false, aborted: false };
    await using server = await serveMemory({
      over: () =>
        retrieving((signal) => {
          const made = endless(signal);
          state = made.state;
          return made.content;
        }),
    });
    const connection = await RawConnection.open(server.port);
    await connection.write(get);
    await until(() => connection.receivedBytes > 1_000_000);
    connection.close();
    await until(() => state.ended && state.aborted);
    await until(() => server.events.some((event) => event.type === 'request'));
    expect(server.events.at(-1)).toMatchObject({ type: 'request', status: 200 });
  });

  test('a client that stops reading is dropped; one that reads slowly is not', async () => {
    await using server = await serveMemory({
      limits: { stallMs: 300, patienceMs: 300 },
      over: () => retrieving((signal) => endless(signal).content),
    });
    const stopped = await RawConnection.open(server.port);
    await stopped.write(get);
    await until(() => stopped.receivedBytes > 0);
    stopped.socket.pause();
    const slow = await RawConnection.open(server.port);
    await slow.write(get);
    const pace = setInterval(() => {
      if (slow.socket.isPaused()) slow.socket.resume();
      setTimeout(() => slow.socket.pause(), 5);
    }, 100);
    await until(() => server.events.some((event) => event.type === 'request-failed'));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(server.events.filter((event) => event.type === 'request-failed')).toHaveLength(1);
    clearInterval(pace);
    stopped.close();
    slow.close();
  });

  test('an offset past the end gives nothing', async () => {
    await using server = await serveMemory();
    server.remote.contents.set(keyOf('abc'), Buffer.from('abc'));
    const reply = await ask(server.port, {
      method: 'GET',
      path: annexPath(`key/${keyOf('abc')}`, 'offset=9'),
    });
    expect(reply).toMatchObject({ status: 200, complete: true, headers: { 'content-length': '0' } });
  });
});
