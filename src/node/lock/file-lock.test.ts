import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { lockFile, tryLockFile, type FileLock } from './file-lock.ts';
import { sleep } from './link-abort.ts';
import { assertRecordLocks } from './record-locks.ts';

const scratch = mkdtempSync(join(tmpdir(), 'annexus-lock-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(scratch, `lock${files++}`);

/** Another process that holds an exclusive lock until it is killed. */
async function otherHolder(path: string): Promise<{ kill(): Promise<void> }> {
  const library = createRequire(import.meta.url).resolve('fs-native-extensions');
  const script = `
    const fd = require('node:fs').openSync(process.argv[1], 'a+');
    if (!require(process.argv[2]).tryLock(fd)) process.exit(1);
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['-e', script, path, library], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('close', () => reject(new Error('could not lock')));
  });
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

describe('tryLockFile', () => {
  test('shared locks live together, an exclusive one lives alone', async () => {
    const path = newPath();
    const create = 0o644;
    const first = await tryLockFile(path, { mode: 'shared', create });
    const second = await tryLockFile(Buffer.from(path), { mode: 'shared', create });
    expect(first).toBeDefined();
    expect(second).toBeDefined();
    expect(await tryLockFile(path, { mode: 'exclusive', create })).toBeUndefined();
    await first?.release();
    await second?.release();
    await second?.release();
    const alone = await tryLockFile(path, { mode: 'exclusive', create });
    expect(alone).toBeDefined();
    expect(await tryLockFile(path, { mode: 'shared', create })).toBeUndefined();
    await alone?.release();
  });

  test('a missing file is an error unless it may be created', async () => {
    await expect(tryLockFile(newPath(), { mode: 'shared' })).rejects.toMatchObject({ code: 'ENOENT' });
    expect(statSync(await create0600()).mode & 0o777).toBe(0o600);
    async function create0600(): Promise<string> {
      const path = newPath();
      await (await tryLockFile(path, { mode: 'exclusive', create: 0o600 }))?.release();
      return path;
    }
  });

  test('a file that was replaced under its path is locked anew, not through the old file', async () => {
    const path = newPath();
    writeFileSync(path, '');
    const old = await tryLockFile(path, { mode: 'exclusive' });
    renameSync(path, `${path}.old`);
    writeFileSync(path, '');
    // Another spelling of the path stands for another process here.
    const renewed = await tryLockFile(path.replace(/lock\d+$/, './$&'), { mode: 'exclusive' });
    expect(renewed).toBeDefined();
    await old?.release();
    await renewed?.release();
  });

  test('read-only content can be locked both ways and stays read-only', async () => {
    const path = newPath();
    writeFileSync(path, 'content');
    chmodSync(path, 0o444);
    const shared = await tryLockFile(path, { mode: 'shared' });
    expect(await tryLockFile(path, { mode: 'exclusive', thaw: true })).toBeUndefined();
    await shared?.release();
    const exclusive = await tryLockFile(path, { mode: 'exclusive', thaw: true });
    expect(exclusive).toBeDefined();
    expect(statSync(path).mode & 0o777).toBe(0o444);
    await exclusive?.release();
  });

  test('another process is seen, and its death frees the lock', async () => {
    const path = newPath();
    writeFileSync(path, '');
    const other = await otherHolder(path);
    expect(await tryLockFile(path, { mode: 'exclusive' })).toBeUndefined();
    const waiting = lockFile(path, { mode: 'exclusive' });
    await expect(lockFile(path, { mode: 'shared', signal: AbortSignal.timeout(100) })).rejects.toThrow(
      /timeout/,
    );
    await other.kill();
    await (await waiting).release();
  });
});

describe('lockFile', () => {
  test('waiters take turns in order of arrival', async () => {
    const path = newPath();
    const order: number[] = [];
    let inside = 0;
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const lock = await lockFile(path, { mode: 'exclusive', create: 0o644 });
        expect(++inside).toBe(1);
        order.push(index);
        await sleep(index % 3, undefined);
        inside--;
        await lock.release();
      }),
    );
    expect(order).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  test('one who gives up leaves the queue', async () => {
    const path = newPath();
    const held = await lockFile(path, { mode: 'exclusive', create: 0o644 });
    const givesUp = new AbortController();
    const first = lockFile(path, { mode: 'exclusive', signal: givesUp.signal });
    const second: Promise<FileLock> = lockFile(path, { mode: 'shared' });
    const reason = new Error('gone');
    givesUp.abort(reason);
    await expect(first).rejects.toBe(reason);
    await held.release();
    await (await second).release();
  });
});

test('this machine has record locks', () => {
  expect(() => assertRecordLocks(scratch)).not.toThrow();
  expect(() => assertRecordLocks(join(scratch, 'missing'))).toThrow(/cannot be shared with git-annex/);
});
