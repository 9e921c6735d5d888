// Clients that mean harm, each beside one that does not and is answered meanwhile.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { annexPath, type AnnexServer, keyOf, serveMemory } from '../../../test/support/annex-server.ts';
import { ask, RawConnection } from '../../../test/support/raw-http.ts';

const checks = annexPath('checkpresent', `key=${keyOf('absent')}`);

/** What one who means no harm is answered. */
async function answer({ port }: AnnexServer): Promise<unknown> {
  const { status, body } = await ask(port, { method: 'POST', path: checks });
  return [status, body.toString()];
}
const absent = [200, '{"present":false}'];

describe('nobody else waits for', () => {
  test('headers that come a byte at a time, and they have an end', { timeout: 10_000 }, async () => {
    await using server = await serveMemory({ limits: { stallMs: 400, patienceMs: 10_000 } });
    const slow = await RawConnection.open(server.port);
    await slow.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    const drip = setInterval(() => void slow.write('x'), 50);
    expect(await answer(server)).toEqual(absent);
    await slow.closed();
    clearInterval(drip);
  });

  test('a body that comes a byte at a time: it is taken, however long that takes', async () => {
    await using server = await serveMemory({ limits: { stallMs: 300, patienceMs: 10_000 } });
    const content = randomBytes(30);
    const slow = await RawConnection.open(server.port);
    const path = annexPath('put', `key=${keyOf(content)}`);
    await slow.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nX-git-annex-data-length: 30\r\nContent-Length: 30\r\n\r\n`,
    );
    for (const byte of content) {
      await slow.write(Uint8Array.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(await answer(server)).toEqual(absent);
    expect((await slow.reply())?.body.toString()).toContain('"stored":true');
    slow.close();
  });

  test('a body of a many thousand chunks of a byte', async () => {
    await using server = await serveMemory();
    const content = randomBytes(20_000);
    const busy = await RawConnection.open(server.port);
    const path = annexPath('put', `key=${keyOf(content)}`);
    await busy.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nX-git-annex-data-length: 20000\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunks = Array.from(content, (byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join('');
    const sent = busy.write(`${chunks}0\r\n\r\n`);
    expect(await answer(server)).toEqual(absent);
    await sent;
    expect((await busy.reply())?.body.toString()).toContain('"stored":true');
    busy.close();
  });

  test.each([
    ['chunks without end to who wants none', '10000\r\n'],
    ['a chunk whose extension never ends', '1;'],
  ])('%s: they are cut off', async (_, begin) => {
    await using server = await serveMemory();
    const endless = await RawConnection.open(server.port);
    await endless.write(`POST ${checks} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const piece = begin.endsWith('\n')
      ? `${begin}${'x'.repeat(65_536)}\r\n`
      : `${begin}${'x'.repeat(65_536)}`;
    const cut = endless.closed().then(() => true);
    for (let count = 0; count < 1000; count++) {
      if ((await Promise.race([endless.write(piece), cut])) === true) break;
    }
    expect(await answer(server)).toEqual(absent);
    await cut;
  });

  test('hundreds that ask for headers too large to read', async () => {
    await using server = await serveMemory();
    const huge = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(600_000)}`;
    const replies = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const connection = await RawConnection.open(server.port);
        void connection.write(huge);
        const reply = await connection.reply();
        connection.close();
        return reply?.status;
      }),
    );
    expect(await answer(server)).toEqual(absent);
    expect(new Set(replies).has(200)).toBe(false);
  });
});
