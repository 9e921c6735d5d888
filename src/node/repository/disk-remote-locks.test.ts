// What the disk repository locks, removes and refuses, in real directories and without git-annex.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  client,
  context,
  filesIn,
  keyOf,
  made,
  objectOf,
  setUp,
  storeAll,
  until,
  type Setup,
} from '../../../test/support/disk-harness.ts';
import { parseKey, type Key } from '../../types/key.ts';

describe('remove and lock', () => {
  async function stored(config: Record<string, string> = {}): Promise<Setup & { key: Key }> {
    const all = await setUp(config);
    const content = randomBytes(1000);
    const key = keyOf(content);
    await storeAll(all.remote, key, content);
    return { ...all, key };
  }

  test('removes the object and the directories, and logs first', async () => {
    const { remote, key, log, annex } = await stored();
    expect(await remote.remove(key, {}, context())).toEqual({ removed: true, plusUUIDs: [] });
    expect(await remote.checkPresent(key, context())).toBe(false);
    expect(log.changes).toEqual(['present', 'missing']);
    expect(await readdir(join(annex, 'objects'))).toEqual([]);
    expect(await remote.remove(key, { before: 0 }, context())).toEqual({ removed: true, plusUUIDs: [] });
  });

  test('before is strict, in whole seconds', async () => {
    const { remote, key } = await stored();
    const now = await remote.timestamp(context());
    expect(await remote.remove(key, { before: now }, context())).toMatchObject({ removed: false });
    expect((await remote.remove(key, { before: now + 1 }, context())).removed).toBe(true);
  });

  test('locked content stays, several locks are independent, the last one cleans up', async () => {
    const { remote, key, annex, clock } = await stored();
    const first = await remote.lockContent(key, context());
    const second = await remote.lockContent(key, context());
    if (!first.locked || !second.locked) throw new Error('not locked');
    expect(first.untilMs).toBe(clock.now() + 600_000);
    const text = await readFile(`${await objectOf(remote, key)}.rtm`, 'utf8');
    expect(text).toMatch(/^\d+(\.\d+)?s$/);
    expect(await remote.remove(key, {}, context())).toMatchObject({ removed: false });
    await second.release();
    expect(await remote.remove(key, {}, context())).toMatchObject({ removed: false });
    await first.release();
    expect(await filesIn(join(annex, 'objects'))).toEqual([key]);
    await expect(first.extend()).rejects.toThrow('ended');
    expect((await remote.remove(key, {}, context())).removed).toBe(true);
  });

  test('a lock runs out by itself, and goes on while it is extended', async () => {
    const { remote, key, clock, annex } = await stored();
    const lock = await remote.lockContent(key, context());
    if (!lock.locked) throw new Error('not locked');
    clock.advance(500_000);
    await lock.extend();
    clock.advance(500_000);
    expect(await remote.remove(key, {}, context())).toMatchObject({ removed: false });
    clock.advance(100_002);
    await until(async () => (await filesIn(join(annex, 'objects'))).length === 1);
    expect((await remote.remove(key, {}, context())).removed).toBe(true);
  });

  test('a retention timestamp of a dead process is honoured until it passes', async () => {
    const { remote, key, clock } = await stored();
    const object = await objectOf(remote, key);
    await chmod(join(object, '..'), 0o755);
    await writeFile(`${object}.rtm`, `${(clock.now() + 1000) / 1000}s`);
    expect(await remote.remove(key, {}, context())).toMatchObject({ removed: false });
    clock.advance(1001);
    expect((await remote.remove(key, {}, context())).removed).toBe(true);
    expect(existsSync(join(object, '..'))).toBe(false);
  });

  test('absent content cannot be locked, and nothing is left of the try', async () => {
    const { remote, annex } = await setUp();
    expect(await remote.lockContent(keyOf(Buffer.from('x')), context())).toMatchObject({ locked: false });
    expect(await readdir(annex)).toEqual([]);
  });

  test.each(['8', '9'])('version %s locks the object itself', async (version) => {
    const { remote, key, annex } = await stored({ 'annex.version': version });
    const lock = await remote.lockContent(key, context());
    if (!lock.locked) throw new Error('not locked');
    expect(await filesIn(join(annex, 'objects'))).toEqual([key]);
    expect(await remote.remove(key, {}, context())).toMatchObject({ removed: false });
    await lock.release();
    expect((await remote.remove(key, {}, context())).removed).toBe(true);
    expect(await readdir(join(annex, 'objects'))).toEqual([]);
  });
});

describe('settings', () => {
  test.each([
    [{ 'annex.version': '7' }, /annex.version is 7/],
    [{ 'annex.pidlock': 'true' }, /pidlock/],
    [{ 'annex.uuid': '' }, /annex.uuid/],
    [{ 'annex.diskreserve': 'much' }, /diskreserve/],
    [{ 'annex.uuid': client }, /expected/],
  ])('%j is refused', async (config, message) => {
    await expect(setUp(config)).rejects.toThrow(message);
  });

  test('tuned hash directories', async () => {
    const content = Buffer.from('hello\n');
    const key = parseKey('SHA256E-s6--5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03')!;
    const places: [Record<string, string>, string][] = [
      [{}, 'zK/02'],
      [{ 'annex.tune.objecthash1': 'true' }, 'zK'],
      [{ 'annex.tune.objecthashlower': 'true' }, '992/280'],
      [{ 'annex.tune.objecthashlower': 'true', 'annex.tune.objecthash1': 'true' }, '992'],
    ];
    for (const [config, place] of places) {
      const { remote, annex } = await setUp(config);
      expect(await storeAll(remote, key, content)).toBe(true);
      expect(existsSync(join(annex, 'objects', place, key, key))).toBe(true);
    }
  });

  test.each([
    ['group', 0o444, 0o2775],
    ['all', 0o444, 0o2775],
    ['0660', 0o440, 0o2570],
  ])('core.sharedRepository %s', async (sharing, fileMode, directoryMode) => {
    const { remote } = await setUp({ 'core.sharedRepository': sharing });
    const content = randomBytes(100);
    const key = keyOf(content);
    await storeAll(remote, key, content);
    const object = await objectOf(remote, key);
    expect((await stat(object)).mode & 0o7777).toBe(fileMode);
    expect((await stat(join(object, '..'))).mode & 0o7777).toBe(directoryMode);
    expect((await remote.remove(key, {}, context())).removed).toBe(true);
  });

  test('freezing and erasing commands of the owner are run', async () => {
    const marks = await mkdtemp(join(tmpdir(), 'annexus-marks-'));
    made.push(marks);
    const { remote } = await setUp({
      'annex.freezecontent-command': `echo %path >> ${marks}/frozen`,
      'annex.secure-erase-command': `echo %file >> ${marks}/erased`,
    });
    const content = randomBytes(100);
    const key = keyOf(content);
    await storeAll(remote, key, content);
    const object = await objectOf(remote, key);
    expect((await readFile(join(marks, 'frozen'), 'utf8')).split('\n')).toContain(object);
    await remote.remove(key, {}, context());
    expect(await readFile(join(marks, 'erased'), 'utf8')).toBe(`${object}\n`);
  });
});
