// What the disk repository stores and gives, in real directories and without git-annex.
import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
} from '../../../test/support/disk-harness.ts';
import { keyFile } from '../../types/key-file.ts';
import { parseKey } from '../../types/key.ts';
import { digestFactory } from '../hash/digest.ts';

describe('store and retrieve', () => {
  test.each([
    [0, 65_536],
    [1, 65_536],
    [10_000, 4096],
    [65_536, 65_536],
    [65_537, 1000],
    [3_000_000, 65_536],
    [5_000_001, 1_048_576],
    [40_000_000, 600_000],
  ])('%i bytes in chunks of %i', async (sizeBytes, chunkBytes) => {
    const { remote, log, annex } = await setUp({}, sizeBytes % 2 === 0);
    const content = randomBytes(sizeBytes);
    const key = keyOf(content);
    expect(await remote.checkPresent(key, context())).toBe(false);
    expect(await remote.retrieve(key, { offset: 0 }, context())).toBeUndefined();
    expect(await storeAll(remote, key, content, chunkBytes)).toBe(true);
    expect(await remote.checkPresent(key, context())).toBe(true);
    expect(log.present.get(key)).toEqual(new Set([own]));
    for (const offset of [0, Math.floor(sizeBytes / 3)]) {
      const read = await readAll(remote, key, offset);
      // Element by element, `toEqual` would take half a minute.
      expect(read.bytes.equals(content.subarray(offset))).toBe(true);
      expect(read.validity).toBe('valid');
    }
    expect((await readAll(remote, key, sizeBytes + 5)).bytes.length).toBe(0);
    const object = await objectOf(remote, key);
    expect((await stat(object)).mode & 0o777).toBe(0o444);
    expect((await stat(join(object, '..'))).mode & 0o777).toBe(0o555);
    expect(await filesIn(annex)).toEqual(expect.arrayContaining([keyFile(key)]));
    expect(
      (await filesIn(annex)).filter((name) => name.startsWith('SHA256') && name !== keyFile(key)),
    ).toEqual([]);
    expect(await readdir(join(annex, 'tmp'))).toEqual([]);
    expect((await remote.store(key, {}, context())).type).toBe('already-have');
  });

  test('bytes of the key need not be UTF-8', async () => {
    const { remote } = await setUp();
    const key = parseKey('WORM-s5--\xff\xfe/a:b%&')!;
    expect(await storeAll(remote, key, Buffer.from('hello'))).toBe(true);
    expect((await readAll(remote, key)).bytes.toString()).toBe('hello');
    expect((await remote.remove(key, {}, context())).removed).toBe(true);
    expect(await remote.checkPresent(key, context())).toBe(false);
  });

  test('resumes where an upload was cut off, hashing what is there', async () => {
    const { remote, annex } = await setUp();
    const content = randomBytes(6_000_000);
    const key = keyOf(content);
    const first = upload(await remote.store(key, {}, context()));
    await first.send(content.subarray(0, 2_500_000));
    await first.abort();
    expect((await stat(join(annex, 'tmp', key))).size).toBe(2_500_000);
    const second = upload(await remote.store(key, {}, context()));
    expect(second.offset).toBe(2_500_000);
    await sendAll(second, content);
    expect(await second.finish('valid')).toEqual({ stored: true, plusUUIDs: [] });
    expect((await readAll(remote, key)).bytes.equals(content)).toBe(true);
  });

  test('a complete partial file needs no more bytes', async () => {
    const { remote, annex } = await setUp();
    const content = randomBytes(100_000);
    const key = keyOf(content);
    await mkdir(join(annex, 'tmp'));
    await writeFile(join(annex, 'tmp', key), content, { mode: 0o444 });
    const to = upload(await remote.store(key, {}, context()));
    expect(to.offset).toBe(content.length);
    expect((await to.finish('valid')).stored).toBe(true);
  });

  test('a partial file longer than the key starts again', async () => {
    const { remote, annex } = await setUp();
    const content = randomBytes(1000);
    const key = keyOf(content);
    await mkdir(join(annex, 'tmp'));
    await writeFile(join(annex, 'tmp', key), randomBytes(1001));
    expect(await storeAll(remote, key, content)).toBe(true);
  });

  test('an abort in the midst of a chunk keeps nothing of that chunk', async () => {
    const { remote, annex } = await setUp();
    const content = randomBytes(4_000_000);
    const key = keyOf(content);
    const to = upload(await remote.store(key, {}, context()));
    await to.send(content.subarray(0, 100_000));
    const chunk = new Uint8Array(content.subarray(100_000));
    const sending = to.send(chunk);
    const aborting = to.abort();
    chunk.fill(0);
    await expect(sending).rejects.toThrow('is over');
    await aborting;
    const kept = await readFile(join(annex, 'tmp', key));
    expect(kept.length).toBe(100_000);
    expect(kept.equals(content.subarray(0, 100_000))).toBe(true);
  });

  test('wrong content is not stored, and deleted', async () => {
    const { remote, annex, log } = await setUp();
    const content = randomBytes(300_000);
    const key = keyOf(content);
    const to = upload(await remote.store(key, {}, context()));
    await sendAll(to, randomBytes(300_000));
    expect(await to.finish('valid')).toMatchObject({
      stored: false,
      reason: `verification of content failed: ${key}`,
    });
    expect(await readdir(join(annex, 'tmp'))).toEqual([]);
    expect(log.changes).toEqual([]);
  });

  test('too much is an error at once, too little is kept', async () => {
    const { remote, annex } = await setUp();
    const content = randomBytes(1000);
    const key = keyOf(content);
    const long = upload(await remote.store(key, {}, context()));
    await long.send(content);
    await expect(long.send(Buffer.from('x'))).rejects.toMatchObject({ code: 'protocol' });
    await expect(long.finish('valid')).rejects.toThrow('is over');
    expect(await readdir(join(annex, 'tmp'))).toEqual([]);
    const short = upload(await remote.store(key, {}, context()));
    await short.send(content.subarray(0, 600));
    expect(await short.finish('valid')).toMatchObject({ stored: false });
    const rest = upload(await remote.store(key, {}, context()));
    expect(rest.offset).toBe(600);
    await rest.abort();
  });

  test('invalid: verified where a hash can, refused where none can', async () => {
    const { remote } = await setUp();
    const content = randomBytes(1000);
    const good = upload(await remote.store(keyOf(content), {}, context()));
    await sendAll(good, content);
    expect((await good.finish('invalid')).stored).toBe(true);
    const worm = parseKey('WORM-s1000-m1--x')!;
    const changed = upload(await remote.store(worm, {}, context()));
    await sendAll(changed, content);
    expect(await changed.finish('invalid')).toMatchObject({ stored: false });
    const again = upload(await remote.store(worm, {}, context()));
    expect(again.offset).toBe(0);
    expect((await again.finish('invalid')).stored).toBe(false);
  });

  test('a shared digest is trusted at offset 0 and not after a resume', async () => {
    const { remote } = await setUp();
    const content = randomBytes(200_000);
    const key = keyOf(content);
    const digest = digestFactory(key);
    const to = upload(await remote.store(key, { digest }, context()));
    digest.update(content);
    await sendAll(to, content);
    expect((await to.finish('valid')).stored).toBe(true);
    const other = randomBytes(200_000);
    const cut = upload(await remote.store(keyOf(other), {}, context()));
    await cut.send(other.subarray(0, 1000));
    await cut.abort();
    const useless = { update: () => {}, matches: () => false };
    const resumed = upload(await remote.store(keyOf(other), { digest: useless }, context()));
    await sendAll(resumed, other);
    expect((await resumed.finish('valid')).stored).toBe(true);
  });

  test('a second upload of the key is told to wait, and the locks are given back', async () => {
    const { remote, annex } = await setUp();
    const content = randomBytes(1000);
    const key = keyOf(content);
    const first = upload(await remote.store(key, {}, context()));
    expect((await filesIn(join(annex, 'transfer'))).sort()).toEqual([key, `lck.${key}`, `lck.${key}`]);
    expect(await remote.store(key, {}, context())).toMatchObject({ type: 'refused', code: 'busy' });
    await first.abort();
    expect(await filesIn(join(annex, 'transfer'))).toEqual([]);
    expect(await storeAll(remote, key, content)).toBe(true);
  });

  test("an upload that has just ended, or ends in a moment, is in nobody's way", async () => {
    const { remote } = await setUp();
    const key = keyOf(randomBytes(1000));
    for (const waitMs of [0, 200]) {
      const first = upload(await remote.store(key, {}, context()));
      setTimeout(() => void first.abort(), waitMs);
      await upload(await remote.store(key, {}, context())).abort();
    }
    const controller = new AbortController();
    const first = upload(await remote.store(key, {}, context()));
    const waiting = remote.store(key, {}, context(controller.signal));
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await first.abort();
  });

  test('an aborted signal ends the upload and keeps what came', async () => {
    const { remote, annex } = await setUp();
    const content = randomBytes(1000);
    const key = keyOf(content);
    const controller = new AbortController();
    const to = upload(await remote.store(key, {}, context(controller.signal)));
    await to.send(content.subarray(0, 500));
    controller.abort(new Error('gone'));
    await until(async () => (await filesIn(join(annex, 'transfer'))).length === 0);
    await expect(to.send(content.subarray(500))).rejects.toThrow('gone');
    expect((await stat(join(annex, 'tmp', key))).size).toBe(500);
  });

  test('refuses names that are too long, insecure hashes, and what has no room', async () => {
    const { remote } = await setUp({ 'annex.securehashesonly': 'true' });
    const long = parseKey(`WORM-s1--${'n'.repeat(250)}`)!;
    expect(await remote.store(long, {}, context())).toMatchObject({ type: 'refused', code: 'unavailable' });
    expect(await remote.checkPresent(parseKey(`WORM-s1--${'n'.repeat(2000)}`)!, context())).toBe(false);
    // A file could have this name, but not its log in the journal, which doubles what it separates words with.
    const unloggable = parseKey(`WORM-s1--${'_'.repeat(150)}`)!;
    expect(await remote.store(unloggable, {}, context())).toMatchObject({
      type: 'refused',
      code: 'unavailable',
    });
    expect(await remote.store(parseKey('MD5-s1--x')!, {}, context())).toMatchObject({ code: 'access' });
    const huge = parseKey(`SHA256-s${2 ** 52}--x`)!;
    expect(await remote.store(huge, {}, context())).toMatchObject({ type: 'refused', code: 'no-space' });
  });

  test('dataPresent is about what is there', async () => {
    const { remote, log } = await setUp();
    const content = randomBytes(1000);
    const key = keyOf(content);
    const nothing = upload(await remote.store(key, {}, context()));
    expect((await nothing.dataPresent()).stored).toBe(false);
    const later = upload(await remote.store(key, {}, context()));
    const { object, directory } = remote.repository.locations(key)[0]!;
    await mkdir(directory, { recursive: true });
    await writeFile(object, content);
    expect((await later.dataPresent()).stored).toBe(true);
    expect(log.present.get(key)).toEqual(new Set([own]));
  });

  test('content that a crash kept from being logged is logged when it is offered again', async () => {
    const { remote, log } = await setUp();
    const content = randomBytes(1000);
    const key = keyOf(content);
    await storeAll(remote, key, content);
    log.present.clear();
    expect((await remote.store(key, {}, context())).type).toBe('already-have');
    expect(log.present.get(key)).toEqual(new Set([own]));
  });

  test('a partial file with the name of an object too is not written to', async () => {
    const { remote, annex } = await setUp();
    const content = randomBytes(1000);
    const key = keyOf(content);
    await mkdir(join(annex, 'tmp'));
    await writeFile(join(annex, 'other-name'), content.subarray(0, 500));
    await link(join(annex, 'other-name'), join(annex, 'tmp', key));
    expect(await storeAll(remote, key, content)).toBe(true);
    expect((await stat(join(annex, 'other-name'))).size).toBe(500);
  });
});

describe('content that may change', () => {
  test('an unlocked object is hashed as it is sent', async () => {
    const { remote } = await setUp();
    for (const sizeBytes of [1000, 3_000_000]) {
      const content = randomBytes(sizeBytes);
      const key = keyOf(content);
      await storeAll(remote, key, content);
      const object = await objectOf(remote, key);
      const locked = await remote.retrieve(key, { offset: 0 }, context());
      expect(locked?.file).toBe(object);
      await locked?.chunks[Symbol.asyncIterator]().return?.();
      await chmod(object, 0o644);
      const before = await remote.retrieve(key, { offset: 0 }, context());
      expect(before).toMatchObject({ stable: false, file: undefined });
      await before?.chunks[Symbol.asyncIterator]().return?.();
      expect((await readAll(remote, key)).validity).toBe('valid');
      expect((await readAll(remote, key, 500)).validity).toBe('valid');
      const changed = Buffer.from(content);
      changed[sizeBytes - 1]! ^= 1;
      await writeFile(object, changed);
      expect((await readAll(remote, key)).validity).toBe('invalid');
    }
  });

  test('an edited unlocked file is not present, cannot be locked, and is replaced by an upload', async () => {
    const { remote, annex } = await setUp();
    const content = randomBytes(1000);
    const key = keyOf(content);
    await storeAll(remote, key, content);
    const object = await objectOf(remote, key);
    await chmod(object, 0o644);
    await link(object, join(annex, 'work-tree-file'));
    expect(await remote.checkPresent(key, context())).toBe(true);
    await writeFile(join(annex, 'work-tree-file'), randomBytes(1000));
    expect(await remote.checkPresent(key, context())).toBe(false);
    expect(await remote.retrieve(key, { offset: 10 }, context())).toBeUndefined();
    expect(await remote.lockContent(key, context())).toMatchObject({ locked: false });
    const edited = await readFile(join(annex, 'work-tree-file'));
    expect(await storeAll(remote, key, content)).toBe(true);
    expect((await readAll(remote, key)).bytes.equals(content)).toBe(true);
    expect((await readFile(join(annex, 'work-tree-file'))).equals(edited)).toBe(true);
  });

  test('a file that becomes shorter is an error, one that is changed meanwhile invalid', async () => {
    const { remote } = await setUp();
    const content = randomBytes(8_000_000);
    const key = keyOf(content);
    await storeAll(remote, key, content);
    const object = await objectOf(remote, key);
    await chmod(object, 0o644);
    const reading = (await remote.retrieve(key, { offset: 1 }, context()))!;
    const iterator = reading.chunks[Symbol.asyncIterator]();
    await iterator.next();
    await writeFile(object, content.subarray(0, 4_000_000));
    await expect(
      (async () => {
        while ((await iterator.next()).done !== true);
      })(),
    ).rejects.toThrow(/shorter/);
    await writeFile(object, content);
    const other = (await remote.retrieve(key, { offset: 1 }, context()))!;
    let touched = false;
    for await (const chunk of other.chunks) {
      if (!touched) await writeFile(object, content);
      touched = chunk.length > 0;
    }
    expect(await other.validity()).toBe('invalid');
  });

  test('leaving early frees the file, an abort too', async () => {
    const { remote } = await setUp();
    const content = randomBytes(8_000_000);
    const key = keyOf(content);
    await storeAll(remote, key, content);
    const open = async (): Promise<number> => {
      const links = await readdir('/proc/self/fd');
      return links.length;
    };
    const before = await open();
    for (let count = 0; count < 5; count++) {
      const unread = (await remote.retrieve(key, { offset: 0 }, context()))!;
      await unread.chunks[Symbol.asyncIterator]().return?.();
      const half = (await remote.retrieve(key, { offset: 0 }, context()))!;
      for await (const chunk of half.chunks) if (chunk.length > 0) break;
      const controller = new AbortController();
      const aborted = (await remote.retrieve(key, { offset: 0 }, context(controller.signal)))!;
      const iterator = aborted.chunks[Symbol.asyncIterator]();
      await iterator.next();
      controller.abort(new Error('gone'));
      await expect(iterator.next()).rejects.toThrow('gone');
    }
    await until(async () => (await open()) === before);
  });
});
