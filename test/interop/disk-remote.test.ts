// The disk repository and real git-annex in one repository: what one stores the other checks, gives and removes, the
// locks of one bind the other, and a process killed in the midst of storing leaves nothing that does not verify.
import { createHash, randomBytes } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { systemClock, systemRng } from '../../src/node/clock.ts';
import { openAnnex, type OpenAnnex } from '../../src/node/annex/open-annex.ts';
import type { Context, Upload } from '../../src/remote/remote.ts';
import { keyFile } from '../../src/types/key-file.ts';
import { parseKey, type Key } from '../../src/types/key.ts';
import type { UUID } from '../../src/types/uuid.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { cleanEnvironment, releases, runIn, withTempDir, type Release } from '../support/git-annex.ts';

const client = '22222222-2222-4222-8222-222222222222' as UUID;

interface Place {
  readonly dir: string;
  readonly release: Release;
  readonly annex: (...args: string[]) => Promise<string>;
}

/** Version 9 locks as 8 does, so one kind of repository for each is enough. */
const kinds = releases().flatMap((release) =>
  (
    [
      ['10', false],
      ['10', true],
      ['9', false],
      ['8', true],
    ] as const
  ).map(([version, bare]) => ({ release, version, bare, name: release.name })),
);

async function makePlace(
  dir: string,
  kind: { release: Release; version: string; bare: boolean },
): Promise<Place> {
  const { release, version, bare } = kind;
  await mkdir(dir, { recursive: true });
  await runIn(dir, ['git', 'init', '-q', ...(bare ? ['--bare'] : [])], { release });
  await runIn(dir, ['git', 'config', 'annex.autoupgraderepository', 'false'], { release });
  const annex = async (...args: string[]): Promise<string> =>
    (await runIn(dir, ['git-annex', ...args], { release })).stdout;
  await annex('init', '-q', `--version=${version}`, 'place');
  expect((await runIn(dir, ['git', 'config', 'annex.version'], { release })).stdout.trim()).toBe(version);
  return { dir, release, annex };
}

async function withAnnex<T>(dir: string, body: (annex: OpenAnnex) => Promise<T>): Promise<T> {
  const annex = await openAnnex(dir, { clock: systemClock, rng: systemRng, events: () => {} });
  try {
    return await body(annex);
  } finally {
    await annex.close();
  }
}

function context(): Context {
  return { clientUUID: client, bypass: [], requestId: 'test', signal: new AbortController().signal };
}

function keyOf(content: Uint8Array): Key {
  return parseKey(`SHA256E-s${content.length}--${createHash('sha256').update(content).digest('hex')}.dat`)!;
}

async function begin(annex: OpenAnnex, key: Key): Promise<Upload> {
  const answer = await annex.remote.store(key, {}, context());
  if (answer.type !== 'upload') throw new Error(JSON.stringify(answer));
  return answer;
}

async function store(annex: OpenAnnex, content: Uint8Array): Promise<Key> {
  const key = keyOf(content);
  const upload = await begin(annex, key);
  for (let at = upload.offset; at < content.length; at += 65_536)
    await upload.send(content.subarray(at, at + 65_536));
  expect(await upload.finish('valid')).toEqual({ stored: true, plusUUIDs: [] });
  return key;
}

async function read(annex: OpenAnnex, key: Key): Promise<Buffer> {
  const content = await annex.remote.retrieve(key, { offset: 0 }, context());
  if (content === undefined) throw new Error('not present');
  const parts: Buffer[] = [];
  for await (const chunk of content.chunks) parts.push(Buffer.from(chunk));
  expect(await content.validity()).toBe('valid');
  return Buffer.concat(parts);
}

/** Talks to git-annex's own server in the repository. */
class P2P {
  readonly child: ChildProcess;
  #text = '';
  constructor(place: Place) {
    this.child = spawn('git-annex-shell', ['p2pstdio', place.dir, client], {
      cwd: place.dir,
      env: cleanEnvironment({ release: place.release }),
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.#text += chunk.toString('latin1')));
  }
  send(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }
  async shows(pattern: RegExp): Promise<void> {
    for (let attempt = 0; attempt < 1000; attempt++) {
      const match = pattern.exec(this.#text);
      if (match !== null) {
        this.#text = this.#text.slice(match.index + match[0].length);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`git-annex did not show ${String(pattern)} but ${this.#text}`);
  }
  async end(): Promise<void> {
    const closed = new Promise((resolve) => this.child.once('close', resolve));
    this.child.stdin?.end();
    await closed;
  }
}

describe.each(kinds)('$name, version $version, bare: $bare', (kind) => {
  test('what we store git-annex checks, and what it adds we give', async () => {
    await withTempDir(async (top) => {
      const place = await makePlace(join(top, 'place'), kind);
      const contents = [0, 1, 10_000, 3_000_000].map((sizeBytes) => randomBytes(sizeBytes));
      const keys = await withAnnex(place.dir, async (annex) => {
        const stored: Key[] = [];
        for (const content of contents) stored.push(await store(annex, content));
        return stored;
      });
      for (const key of keys) {
        expect(await place.annex('whereis', '--key', key)).toContain('1 copy');
        await place.annex('fsck', '--key', key, '--numcopies=1');
        // Stored where git-annex puts new content, so it has nothing to move.
        expect(await place.annex('contentlocation', key)).toContain(keyFile(key));
      }
      const file = join(top, 'added');
      const added = randomBytes(100_000);
      await writeFile(file, added);
      const addedKey = keyOf(added);
      await place.annex('setkey', addedKey, file);
      await withAnnex(place.dir, async (annex) => {
        expect((await read(annex, addedKey)).equals(added)).toBe(true);
        expect((await annex.remote.remove(addedKey, {}, context())).removed).toBe(true);
        expect((await annex.remote.remove(keys[1]!, {}, context())).removed).toBe(true);
      });
      for (const key of [addedKey, keys[1]!]) {
        await runIn(place.dir, ['git-annex', 'contentlocation', key], { release: kind.release, allow: [1] });
        const where = await runIn(place.dir, ['git-annex', 'whereis', '--key', key], { ...kind, allow: [1] });
        expect(where.stdout).toContain('0 copies');
      }
      // The two that are gone everywhere are complained of, the others are well.
      const all = await runIn(place.dir, ['git-annex', 'fsck', '--all', '--numcopies=1'], {
        ...kind,
        allow: [1],
      });
      expect(all.stderr).toContain('fsck: 2 failed');
      expect(all.stderr.match(/No known copies exist/g)).toHaveLength(2);
      await place.annex('dropkey', '--force', keys[2]!);
      await withAnnex(place.dir, async (annex) => {
        expect(await annex.remote.checkPresent(keys[2]!, context())).toBe(false);
        expect(await annex.remote.checkPresent(keys[3]!, context())).toBe(true);
      });
    });
  });

  test('content locks bind in both directions', async () => {
    await withTempDir(async (top) => {
      const place = await makePlace(join(top, 'place'), kind);
      await withAnnex(place.dir, async (annex) => {
        const key = await store(annex, randomBytes(1000));
        const lock = await annex.remote.lockContent(key, context());
        if (!lock.locked) throw new Error(lock.reason);
        const drop = await runIn(place.dir, ['git-annex', 'dropkey', '--force', key], {
          ...kind,
          allow: 'any',
        });
        expect(drop.exitCode).not.toBe(0);
        expect(await annex.remote.checkPresent(key, context())).toBe(true);
        await lock.release();
        const p2p = new P2P(place);
        p2p.send('VERSION 4');
        await p2p.shows(/VERSION \d\n/);
        p2p.send(`LOCKCONTENT ${key}`);
        await p2p.shows(/SUCCESS\n/);
        expect(await annex.remote.remove(key, {}, context())).toMatchObject({ removed: false });
        const second = await annex.remote.lockContent(key, context());
        expect(second.locked).toBe(true);
        p2p.send('UNLOCKCONTENT');
        await p2p.end();
        expect(await annex.remote.remove(key, {}, context())).toMatchObject({ removed: false });
        if (second.locked) await second.release();
        expect(await annex.remote.remove(key, {}, context())).toMatchObject({ removed: true });
      });
    });
  });

  test('one upload of a key at a time, and the other resumes it', async () => {
    await withTempDir(async (top) => {
      const place = await makePlace(join(top, 'place'), kind);
      const content = randomBytes(200_000);
      const key = keyOf(content);
      await withAnnex(place.dir, async (annex) => {
        const upload = await begin(annex, key);
        await upload.send(content.subarray(0, 50_000));
        const other = new P2P(place);
        other.send('VERSION 4');
        other.send(`PUT x ${key}`);
        other.send('DATA 5');
        other.child.stdin?.write('12345VALID\n');
        await other.end();
        await upload.abort();
        const p2p = new P2P(place);
        p2p.send('VERSION 4');
        p2p.send(`PUT x ${key}`);
        await p2p.shows(/PUT-FROM 50000\n/);
        p2p.send(`DATA ${content.length - 50_000}`);
        p2p.child.stdin?.write(content.subarray(50_000, 120_000));
        const partial = join(annex.git.gitDir, 'annex/tmp', key);
        await vi.waitUntil(async () => (await stat(partial)).size > 50_000, { timeout: 20_000 });
        expect(await annex.remote.store(key, {}, context())).toMatchObject({ type: 'refused', code: 'busy' });
        p2p.child.kill('SIGKILL');
        await p2p.end();
        const resumed = await begin(annex, key);
        expect(resumed.offset).toBeGreaterThan(50_000);
        await resumed.send(content.subarray(resumed.offset));
        expect((await resumed.finish('valid')).stored).toBe(true);
      });
      await place.annex('fsck', '--key', key, '--numcopies=1');
    });
  });
});

describe.each(releases().map((release) => ({ release, name: release.name })))('$name', ({ release }) => {
  test('an edited unlocked file (annex.thin) is absent to both, and unlocked files outlive our removal', async () => {
    await withTempDir(async (top) => {
      const place = await makePlace(join(top, 'place'), { release, version: '10', bare: false });
      const git = async (...args: string[]): Promise<unknown> =>
        await runIn(place.dir, ['git', ...args], { release });
      await git('config', 'annex.thin', 'true');
      const contents = [randomBytes(500), randomBytes(600)];
      const keys: Key[] = [];
      for (const [index, content] of contents.entries()) {
        await writeFile(join(place.dir, `file${index}`), content);
        await git('-c', 'annex.addunlocked=true', 'annex', 'add', '-q', `file${index}`);
        keys.push(parseKey((await place.annex('lookupkey', `file${index}`)).trim())!);
      }
      await git('commit', '-qm', 'two files');
      const edited = randomBytes(500);
      await writeFile(join(place.dir, 'file0'), edited);
      await withAnnex(place.dir, async (annex) => {
        expect(await annex.remote.checkPresent(keys[0]!, context())).toBe(false);
        expect(await annex.remote.lockContent(keys[0]!, context())).toMatchObject({ locked: false });
        expect(await annex.remote.checkPresent(keys[1]!, context())).toBe(true);
        expect((await read(annex, keys[1]!)).equals(contents[1]!)).toBe(true);
        expect((await annex.remote.remove(keys[1]!, {}, context())).removed).toBe(true);
      });
      expect((await readFile(join(place.dir, 'file1'))).equals(contents[1]!)).toBe(true);
      const where = await runIn(place.dir, ['git-annex', 'whereis', '--key', keys[1]!], {
        release,
        allow: [1],
      });
      expect(where.stdout).toContain('0 copies');
      expect((await readFile(join(place.dir, 'file0'))).equals(edited)).toBe(true);
    });
  });

  test('a pointer file whose content we stored is filled by git annex fsck', async () => {
    await withTempDir(async (top) => {
      const place = await makePlace(join(top, 'place'), { release, version: '10', bare: false });
      const git = async (...args: string[]): Promise<unknown> =>
        await runIn(place.dir, ['git', ...args], { release });
      const content = randomBytes(500);
      await writeFile(join(place.dir, 'file'), content);
      await git('-c', 'annex.addunlocked=true', 'annex', 'add', '-q', 'file');
      await git('commit', '-qm', 'a file');
      const key = parseKey((await place.annex('lookupkey', 'file')).trim())!;
      await place.annex('drop', '--force', '-q', 'file');
      await withAnnex(place.dir, async (annex) => {
        const upload = await begin(annex, key);
        await upload.send(content);
        expect((await upload.finish('valid')).stored).toBe(true);
      });
      expect((await readFile(join(place.dir, 'file'), 'latin1')).startsWith('/annex/objects/')).toBe(true);
      await place.annex('fsck', '-q', '--numcopies=1', 'file');
      expect((await readFile(join(place.dir, 'file'))).equals(content)).toBe(true);
      expect(await readdir(join(place.dir, '.git/annex/tmp'))).toEqual([]);
    });
  });
});

test('kill -9 at random moments of storing leaves what is whole or what can be resumed', async () => {
  await withTempDir(async (top) => {
    const release = releases()[1]!;
    const place = await makePlace(join(top, 'place'), { release, version: '10', bare: true });
    const program = await bundleProgram('store-content');
    const answered: Key[] = [];
    let resumed = 0;
    for (let round = 0; round < 24; round++) {
      const content = Buffer.alloc(2_000_000, (round >> 2) + 1);
      const key = keyOf(content);
      const process_ = spawn(process.execPath, [program, place.dir, String((round >> 2) + 1)], {
        env: cleanEnvironment({ release }),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      process_.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
      const closed = new Promise((resolve) => process_.once('close', resolve));
      while (!printed.includes('offset') && process_.exitCode === null)
        await new Promise((r) => setTimeout(r, 2));
      setTimeout(() => process_.kill('SIGKILL'), (round * 7919) % 60);
      await closed;
      const offset = Number(/offset (\d+)/.exec(printed)?.[1] ?? 0);
      if (offset > 0) resumed++;
      if (printed.includes('"stored":true')) answered.push(key);
      await withAnnex(place.dir, async (annex) => {
        const isPresent = await annex.remote.checkPresent(key, context());
        const partial = async (): Promise<Buffer> =>
          await readFile(join(place.dir, 'annex/tmp', key)).catch(() => Buffer.alloc(0));
        const kept = isPresent ? await read(annex, key) : await partial();
        expect(kept.equals(content.subarray(0, kept.length))).toBe(true);
        expect(isPresent ? kept.length === content.length : !answered.includes(key)).toBe(true);
      });
    }
    await withAnnex(place.dir, async (annex) => {
      for (const key of answered) {
        expect(await annex.remote.checkPresent(key, context())).toBe(true);
        expect(await annex.locations.locations(key)).toContain(annex.uuid);
      }
      for (let seed = 0; seed < 6; seed++) {
        const content = Buffer.alloc(2_000_000, seed + 1);
        if (!(await annex.remote.checkPresent(keyOf(content), context()))) await store(annex, content);
      }
    });
    expect(resumed + answered.length).toBeGreaterThan(0);
    await place.annex('fsck', '--all', '-q', '--numcopies=1');
  });
});
