// What crashes, owners' commands, other programs and odd files can do to a disk repository, in real directories.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  context,
  filesIn,
  keyOf,
  objectOf,
  own,
  readAll,
  sendAll,
  setUp,
  storeAll,
  until,
  upload,
  type Setup,
} from '../../../test/support/disk-harness.ts';
import { parseKey, type Key } from '../../types/key.ts';
import { errorText } from './file-system.ts';
import { formatRetention } from './retention.ts';

const configure = (dir: string, ...args: string[]): void =>
  void execFileSync('git', ['-C', dir, 'config', ...args]);

async function stored(config: Record<string, string> = {}): Promise<Setup & { key: Key; content: Buffer }> {
  const all = await setUp(config);
  const content = randomBytes(1000);
  const key = keyOf(content);
  await storeAll(all.remote, key, content);
  return { ...all, key, content };
}

describe('content locks', () => {
  test('the time that a dead process promised is kept when a later lock is released', async () => {
    const { remote, key, clock } = await stored();
    const retention = `${await objectOf(remote, key)}.rtm`;
    chmodSync(dirname(retention), 0o755);
    const promised = formatRetention(BigInt(clock.now() + 300_000) * 1_000_000n);
    await writeFile(retention, promised);
    const first = await remote.lockContent(key, context());
    const second = await remote.lockContent(key, context());
    if (!first.locked || !second.locked) throw new Error('not locked');
    await first.extend();
    await first.release();
    await second.release();
    expect(await readFile(retention, 'utf8')).toBe(promised);
    clock.advance(299_000);
    expect(await remote.remove(key, {}, context())).toMatchObject({ removed: false });
    clock.advance(2000);
    expect(await remote.remove(key, {}, context())).toMatchObject({ removed: true });
  });

  test('a directory that cannot be closed again leaves no lock behind', async () => {
    const { remote, key, dir } = await stored();
    configure(dir, 'annex.freezecontent-command', 'false');
    expect(await remote.lockContent(key, context())).toMatchObject({ locked: false });
    await expect(remote.remove(key, {}, context())).rejects.toThrow(/false/);
    configure(dir, '--unset', 'annex.freezecontent-command');
    expect(await remote.remove(key, {}, context())).toMatchObject({ removed: true });
  });

  test('many that come and go at once are never told of a removal that is none', async () => {
    const { remote, key, annex } = await stored();
    await Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        await new Promise((resolve) => setTimeout(resolve, at * 3));
        const lock = await remote.lockContent(key, context());
        expect(lock).toMatchObject({ locked: true });
        if (lock.locked) await lock.release();
      }),
    );
    expect(await filesIn(join(annex, 'objects'))).toEqual([key]);
  });
});

describe('storing', () => {
  test.each(['9', '10'])(
    'an object that appears meanwhile cannot be removed before it is logged (version %s)',
    async (version) => {
      const { remote, log, annex } = await setUp({ 'annex.version': version });
      const content = randomBytes(1000);
      const key = keyOf(content);
      const to = upload(await remote.store(key, {}, context()));
      await sendAll(to, content);
      const { object, directory } = remote.repository.locations(key)[0]!;
      mkdirSync(directory, { recursive: true });
      writeFileSync(object, content, { mode: 0o444 });
      const logChange = log.logChange.bind(log);
      let answer: unknown;
      log.logChange = async (...args) => {
        log.logChange = logChange;
        answer = await remote.remove(key, {}, context());
        await logChange(...args);
      };
      expect(await to.finish('valid')).toMatchObject({ stored: true });
      expect(answer).toMatchObject({ removed: false });
      expect(await remote.checkPresent(key, context())).toBe(true);
      expect(await log.locations(key)).toEqual([own]);
      expect(readdirSync(join(annex, 'tmp'))).toEqual([]);
    },
  );

  test('content that no hash can tell is there though a power cut brought its other name back', async () => {
    const { remote, annex } = await setUp();
    const content = randomBytes(1000);
    const key = parseKey('WORM-s1000-m1--power')!;
    await storeAll(remote, key, content);
    linkSync(await objectOf(remote, key), join(annex, 'tmp', key));
    expect(await remote.checkPresent(key, context())).toBe(true);
    expect((await readAll(remote, key)).bytes.equals(content)).toBe(true);
    expect((await readAll(remote, key, 500)).bytes.equals(content.subarray(500))).toBe(true);
    expect(await remote.store(key, {}, context())).toMatchObject({ type: 'already-have' });
    expect(await remote.remove(key, {}, context())).toMatchObject({ removed: true });
    expect(await remote.checkPresent(key, context())).toBe(false);
  });

  test.each(['pipe', 'directory', 'symbolic link'])(
    'a %s in place of a partial file is an error',
    async (what) => {
      const { remote, annex } = await setUp();
      const key = keyOf(Buffer.alloc(0));
      const path = join(annex, 'tmp', key);
      mkdirSync(join(annex, 'tmp'), { recursive: true });
      if (what === 'pipe') execFileSync('mkfifo', [path]);
      else if (what === 'directory') mkdirSync(path);
      else symlinkSync('elsewhere', path);
      await expect(remote.store(key, {}, context())).rejects.toMatchObject({ code: 'remote' });
      expect(existsSync(join(annex, 'tmp/elsewhere'))).toBe(false);
      rmSync(path, { recursive: true });
      expect(await storeAll(remote, key, Buffer.alloc(0))).toBe(true);
    },
  );

  test('a symbolic link is no object, and content takes its place', async () => {
    const { remote, key, content, dir } = await stored();
    const object = await objectOf(remote, key);
    chmodSync(dirname(object), 0o755);
    writeFileSync(join(dir, 'secret'), content, { mode: 0o444 });
    rmSync(object);
    symlinkSync(join(dir, 'secret'), object);
    expect(await remote.checkPresent(key, context())).toBe(false);
    expect(await remote.lockContent(key, context())).toMatchObject({ locked: false });
    expect(await storeAll(remote, key, content)).toBe(true);
    rmSync(join(dir, 'secret'));
    expect((await readAll(remote, key)).bytes.equals(content)).toBe(true);
  });
});

describe('removing', () => {
  test('content that could not be erased is deleted, and never logged present again', async () => {
    const { remote, key, dir, log } = await stored({ 'annex.secure-erase-command': 'false %file' });
    expect(await remote.remove(key, {}, context())).toMatchObject({ removed: true });
    expect(await remote.checkPresent(key, context())).toBe(false);
    expect(log.changes).toEqual(['present', 'missing']);
    configure(dir, 'annex.secure-erase-command', 'truncate -s 0 %file');
  });
});

test('thousands of operations, failures and aborts among them, leave no descriptor open', async () => {
  const { remote, annex, dir, key: kept } = await stored();
  const endings: readonly unknown[] = [
    undefined,
    { stored: false, plusUUIDs: [], reason: expect.stringContaining('not complete') as unknown },
    expect.stringContaining('more data'),
  ];
  const open = (): number => readdirSync('/proc/self/fd').length;
  const round = async (at: number): Promise<void> => {
    const content = randomBytes(3000);
    const key = keyOf(content);
    const abort = new AbortController();
    const to = upload(await remote.store(key, {}, context(abort.signal)));
    const busy = await remote.store(key, {}, context());
    expect(busy).toMatchObject({ type: 'refused', code: 'busy' });
    const sending = to.send(content.subarray(0, 1000));
    if (at % 3 === 0) abort.abort(new Error('gone'));
    await sending.catch(() => undefined);
    const ending =
      at % 3 === 0
        ? to.abort()
        : at % 3 === 1
          ? to.finish('valid')
          : to.send(randomBytes(2001)).catch(errorText);
    expect(await ending).toEqual(endings[at % 3]);
    expect(await storeAll(remote, key, content)).toBe(true);
    const reading = await remote.retrieve(kept, { offset: at % 2000 }, context());
    const lock = await remote.lockContent(key, context());
    if (!lock.locked) throw new Error('not locked');
    expect(await remote.remove(key, {}, context())).toMatchObject({ removed: false });
    await lock.release();
    expect(await remote.remove(key, {}, context())).toMatchObject({ removed: true });
    expect(await remote.lockContent(key, context())).toMatchObject({ locked: false });
    await reading?.chunks[Symbol.asyncIterator]().return?.();
  };
  await round(0);
  const before = open();
  for (let at = 0; at < 30; at++)
    await Promise.all(Array.from({ length: 10 }, (_, of) => round(at * 10 + of)));
  await until(() => open() <= before);
  expect((await filesIn(join(annex, 'objects'))).length).toBe(1);
  expect(await filesIn(join(annex, 'transfer'))).toEqual([]);
  expect(await filesIn(join(annex, 'tmp'))).toEqual([]);
  expect(existsSync(dir)).toBe(true);
}, 60_000);
