import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../../test/support/annex-server.ts';
import { parseKey, type Key } from '../../types/key.ts';
import { BufferPool } from './buffer-pool.ts';
import { filePath, openFile } from './file-system.ts';
import { readContent } from './disk-content.ts';
import { PromptCalls } from './prompt-calls.ts';

test('what was read ahead for a receiver that stands is given back, and read again when it goes on', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'annexus-content-'));
  const path = join(dir, 'object');
  const bytes = randomBytes(1_000_000);
  await writeFile(path, bytes);
  const pool = new BufferPool();
  const content = await readContent({
    key: parseKey('WORM-s1000000--x') as Key,
    // Its own, which is closed with the content.
    descriptor: await descriptorOf(path),
    path,
    stats: await stat(path, { bigint: true }),
    offset: 0,
    stable: true,
    makeDigest: () => undefined,
    pool,
    prompt: new PromptCalls(),
    judged: () => undefined,
    show: () => ({ end: () => Promise.resolve() }),
    signal: new AbortController().signal,
  });
  const read: Buffer[] = [];
  let stood = false;
  for await (const chunk of content.chunks) {
    read.push(Buffer.from(chunk));
    if (stood) continue;
    stood = true;
    await until(() => pool.outBytes > chunk.length);
    await until(() => pool.outBytes === chunk.length);
  }
  expect(Buffer.concat(read).equals(bytes)).toBe(true);
  expect(await content.validity()).toBe('valid');
  expect(pool.outBytes).toBe(0);
  await rm(dir, { recursive: true });
});

async function descriptorOf(path: string): Promise<number> {
  return await openFile(filePath(path), constants.O_RDONLY);
}
