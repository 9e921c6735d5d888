import { describe, expect, test } from 'vitest';
import { annexPath, keyOf, serveMemory, until } from '../../../test/support/annex-server.ts';
import { ask, RawConnection } from '../../../test/support/raw-http.ts';
import { sampleContent } from '../../../test/support/sample-content.ts';

const content = Buffer.from(sampleContent(300_000));
const key = keyOf(content);

function head(query: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${annexPath('put', query)} HTTP/1.1\r\nHost: x\r\n${lines.join('')}\r\n`;
}

const length = (bytes: number): Record<string, string> => ({ 'X-git-annex-data-length': `${bytes}` });

describe('put', () => {
  test('a body in chunks of two bytes', async () => {
    await using server = await serveMemory();
    const small = content.subarray(0, 2_001);
    const smallKey = keyOf(small);
    const connection = await RawConnection.open(server.port);
    await connection.write(
      head(`key=${smallKey}`, { ...length(small.length), 'Transfer-Encoding': 'chunked' }),
    );
    for (let at = 0; at < small.length; at += 2) {
      const piece = small.subarray(at, at + 2);
      const wire = Buffer.concat([Buffer.from(`${piece.length}\r\n`), piece, Buffer.from('\r\n')]);
      await connection.write(wire.subarray(0, 3));
      await connection.write(wire.subarray(3));
    }
    await connection.write('0\r\n\r\n');
    const reply = await connection.reply();
    expect(JSON.parse(String(reply?.body))).toEqual({ stored: true, plusuuids: [] });
    expect(Buffer.from(server.remote.contents.get(smallKey)!)).toEqual(small);
    connection.close();
  });

  test('a client that hangs up leaves a part, and another goes on from there', async () => {
    await using server = await serveMemory();
    const connection = await RawConnection.open(server.port);
    await connection.write(
      head(`key=${key}`, { ...length(content.length), 'Content-Length': `${content.length}` }),
    );
    await connection.write(content.subarray(0, 100_000));
    await until(() => server.events.length > 0 || connection.socket.bytesWritten > 100_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    connection.close();
    await until(() => server.remote.partials.has(key));
    expect(server.remote.contents.has(key)).toBe(false);
    const offset = await ask(server.port, { method: 'POST', path: annexPath('putoffset', `key=${key}`) });
    expect(JSON.parse(String(offset.body))).toEqual({ offset: 100_000 });
    const rest = await ask(server.port, {
      method: 'POST',
      path: annexPath('put', `key=${key}&offset=100000`),
      headers: length(200_000),
      body: content.subarray(100_000),
    });
    expect(JSON.parse(String(rest.body))).toEqual({ stored: true, plusuuids: [] });
    expect(server.events.filter((event) => event.type === 'request-failed')).toHaveLength(1);
  });

  test.each([
    ['shorter than its header says', 300_000, content.subarray(0, 1_000), 'came'],
    ['longer than its header says', 1_000, content, 'announced'],
  ])('a body %s stores nothing', async (_, announced, body, reason) => {
    await using server = await serveMemory();
    const path = annexPath('put', `key=${key}`);
    const reply = await ask(server.port, { method: 'POST', path, headers: length(announced), body });
    expect(JSON.parse(String(reply.body))).toMatchObject({
      stored: false,
      reason: expect.stringContaining(reason) as string,
    });
    expect(server.remote.contents.size).toBe(0);
  });

  test('more chunked bytes than announced store nothing, even where the beginning is right', async () => {
    await using server = await serveMemory();
    const connection = await RawConnection.open(server.port);
    await connection.write(head(`key=${key}`, { ...length(content.length), 'Transfer-Encoding': 'chunked' }));
    await connection.write(`${content.length.toString(16)}\r\n`);
    await connection.write(content);
    await connection.write('\r\n1\r\nx\r\n0\r\n\r\n');
    expect(JSON.parse(String((await connection.reply())?.body))).toMatchObject({ stored: false });
    expect(server.remote.contents.size).toBe(0);
    connection.close();
  });

  test('more bytes than the key has are an answer, not a failure', async () => {
    await using server = await serveMemory();
    const path = annexPath('put', `key=${keyOf('abc')}`);
    const reply = await ask(server.port, { method: 'POST', path, headers: length(4), body: 'abcd' });
    expect(reply.status).toBe(200);
    expect(JSON.parse(String(reply.body))).toMatchObject({ stored: false, plusuuids: [] });
  });

  test('a second upload of a key in progress is told to come again', async () => {
    await using server = await serveMemory();
    const first = await RawConnection.open(server.port);
    await first.write(
      head(`key=${key}`, { ...length(content.length), 'Content-Length': `${content.length}` }),
    );
    await first.write(content.subarray(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const endpoint of ['put', 'putoffset']) {
      const path = annexPath(endpoint, `key=${key}`);
      const second = await ask(server.port, {
        method: 'POST',
        path,
        headers: length(300_000),
        body: content,
      });
      expect(second.status).toBe(503);
      expect(Number(second.headers['retry-after'])).toBeGreaterThan(0);
      expect(String(second.body)).toContain('being uploaded');
    }
    await first.write(content.subarray(10));
    expect(JSON.parse(String((await first.reply())?.body))).toMatchObject({ stored: true });
    first.close();
  });

  test('what is there already is answered before the body is sent, and a small body is discarded', async () => {
    await using server = await serveMemory();
    server.remote.contents.set(key, content);
    const connection = await RawConnection.open(server.port);
    await connection.write(
      head(`key=${key}`, { ...length(content.length), 'Content-Length': `${content.length}` }),
    );
    expect(JSON.parse(String((await connection.reply())?.body))).toEqual({ stored: true, plusuuids: [] });
    await connection.write(content);
    await connection.write(`POST ${annexPath('checkpresent', `key=${key}`)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(JSON.parse(String((await connection.reply())?.body))).toEqual({ present: true });
    connection.close();
  });

  test('who goes on and on with a body that nobody wants is cut off', async () => {
    await using server = await serveMemory();
    server.remote.contents.set(key, content);
    const connection = await RawConnection.open(server.port);
    await connection.write(head(`key=${key}`, { ...length(content.length), 'Transfer-Encoding': 'chunked' }));
    const piece = Buffer.alloc(1 << 20);
    let pieces = 0;
    while (!connection.socket.destroyed && pieces < 100) {
      await connection.write(`${piece.length.toString(16)}\r\n`);
      await connection.write(piece);
      await connection.write('\r\n');
      pieces++;
    }
    expect(pieces).toBeLessThan(100);
  });

  test('Expect: 100-continue is answered only when the body is wanted', async () => {
    await using server = await serveMemory();
    const expecting = {
      ...length(content.length),
      'Content-Length': `${content.length}`,
      Expect: '100-continue',
    };
    const first = await RawConnection.open(server.port);
    await first.write(head(`key=${key}`, expecting));
    expect(await first.reply()).toMatchObject({ status: 100 });
    await first.write(content);
    expect(JSON.parse(String((await first.reply())?.body))).toEqual({ stored: true, plusuuids: [] });
    await first.write(head(`key=${key}`, expecting));
    const second = await first.reply();
    expect(JSON.parse(String(second?.body))).toEqual({ stored: true, plusuuids: [] });
    expect(second?.headers['connection']).toBe('close');
    await first.closed();
  });

  test('a client that stalls is dropped, and its part kept', async () => {
    await using server = await serveMemory({ limits: { stallMs: 200, patienceMs: 200 } });
    const connection = await RawConnection.open(server.port);
    await connection.write(
      head(`key=${key}`, { ...length(content.length), 'Content-Length': `${content.length}` }),
    );
    await connection.write(content.subarray(0, 5_000));
    await connection.closed();
    await until(() => server.remote.partials.get(key)?.length === 5_000);
    const failed = server.events.find((event) => event.type === 'request-failed');
    expect(String(failed?.type === 'request-failed' && failed.error)).toContain('moved no byte for 0.2 s');
  });

  test('a Remote that is slow is not held against the client', async () => {
    await using server = await serveMemory({
      limits: { stallMs: 100, patienceMs: 100 },
      over: (memory) => ({
        store: async (storedKey, options, context) => {
          const answer = await memory.store(storedKey, options, context);
          if (answer.type !== 'upload') return answer;
          return {
            type: 'upload',
            offset: answer.offset,
            announce: (lengthBytes) => answer.announce(lengthBytes),
            send: (chunk) => answer.send(chunk),
            finish: async (validity) => {
              await new Promise((resolve) => setTimeout(resolve, 500));
              return await answer.finish(validity);
            },
            dataPresent: () => answer.dataPresent(),
            abort: () => answer.abort(),
          };
        },
      }),
    });
    const path = annexPath('put', `key=${key}`);
    const reply = await ask(server.port, { method: 'POST', path, headers: length(300_000), body: content });
    expect(JSON.parse(String(reply.body))).toEqual({ stored: true, plusuuids: [] });
  });
});
