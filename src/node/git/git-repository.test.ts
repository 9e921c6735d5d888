import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CatFile } from './cat-file.ts';
import { openGitRepository, type GitRepository } from './git-repository.ts';
import { blobId, writeBlobs } from './write-blobs.ts';

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'annexus-git-')));
const git = (dir: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: dir, encoding: 'utf8' });
const main = join(scratch, 'main');
let repository: GitRepository;

beforeAll(async () => {
  git(scratch, 'init', '-q', 'main');
  writeFileSync(join(main, 'file'), 'content\n');
  git(main, 'add', 'file');
  git(main, 'commit', '-q', '-m', 'first');
  git(main, 'update-ref', 'refs/heads/here', 'HEAD');
  repository = await openGitRepository(main);
});
afterAll(async () => {
  await repository.close();
  rmSync(scratch, { recursive: true, force: true });
});

describe('openGitRepository', () => {
  test('work tree, subdirectory, bare, linked work tree', async () => {
    mkdirSync(join(main, 'sub'));
    git(scratch, 'init', '-q', '--bare', 'bare.git');
    git(main, 'worktree', 'add', '-q', join(scratch, 'linked'), 'here');
    const places = [
      main,
      join(main, 'sub'),
      join(main, '.git'),
      join(scratch, 'bare.git'),
      join(scratch, 'linked'),
    ];
    const found = await Promise.all(places.map((place) => openGitRepository(place)));
    const gitDir = join(main, '.git');
    expect(found.map((one) => [one.gitDir, one.bare, one.workTree])).toEqual([
      [gitDir, false, main],
      [gitDir, false, main],
      [gitDir, false, main],
      [join(scratch, 'bare.git'), true, undefined],
      [gitDir, false, join(scratch, 'linked')],
    ]);
  });

  test('what is no repository is told so', async () => {
    await expect(openGitRepository(join(scratch, 'none'))).rejects.toMatchObject({ code: 'config' });
    await expect(openGitRepository(join(main, 'file'))).rejects.toThrow(/no git repository at .*file/);
  });
});

describe('config', () => {
  test('is read again when its file changed, by us or by others', async () => {
    expect((await repository.config()).get('annex.test')).toBeUndefined();
    await repository.setConfig('annex.test', 'one');
    const first = await repository.config();
    expect(first.get('annex.test')).toBe('one');
    expect(await repository.config()).toBe(first);
    git(main, 'config', 'annex.test', 'two');
    expect((await repository.config()).get('annex.test')).toBe('two');
    await repository.setConfig('annex.test', undefined);
    await repository.setConfig('annex.test', undefined);
    expect((await repository.config()).get('annex.test')).toBeUndefined();
  });

  test('several settings are set at once', async () => {
    const keys = Array.from({ length: 8 }, (_, at) => `annex.test${at}`);
    await Promise.all(keys.map((key) => repository.setConfig(key, key)));
    const config = await repository.config();
    expect(keys.map((key) => config.get(key))).toEqual(keys);
  });
});

describe('objects', () => {
  test('are read by name, many at once, missing ones told', async () => {
    const reads = Array.from({ length: 1000 }, (_, at) =>
      repository.objects.read(at % 2 === 0 ? 'HEAD:file' : `HEAD:${at} no`),
    );
    const objects = await Promise.all(reads);
    expect(objects.filter((object) => object === undefined)).toHaveLength(500);
    expect(Buffer.from(objects[0]?.bytes ?? []).toString()).toBe('content\n');
    expect(await repository.objects.read('HEAD:a\nb')).toBeUndefined();
  });

  test('a ref that moved and a pack that is new are noticed', async () => {
    const before = await repository.objects.read('here');
    const commit = git(main, 'commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'next').trim();
    git(main, 'update-ref', 'refs/heads/here', commit);
    git(main, 'repack', '-adq');
    git(main, 'prune-packed');
    git(main, 'pack-refs', '--all');
    const after = await repository.objects.read('here');
    expect(after?.id).toBe(commit);
    expect(before?.id).not.toBe(commit);
  });

  test('end when idle and start again', async () => {
    const objects = new CatFile(repository.gitDir, { idleMs: 5 });
    for (let round = 0; round < 20; round++) {
      expect((await objects.read('HEAD:file'))?.type).toBe('blob');
      await new Promise((resolve) => setTimeout(resolve, round));
    }
    await objects.close();
    await expect(objects.read('HEAD:file')).rejects.toMatchObject({ code: 'invariant' });
  });

  test('a directory that git cannot use fails what was asked', async () => {
    const objects = new CatFile(join(scratch, 'nowhere'));
    await expect(objects.read('HEAD')).rejects.toMatchObject({ name: 'AnnexError' });
    await objects.close();
  });
});

describe('run', () => {
  test('an error has what git said, output over the limit is refused', async () => {
    await expect(repository.run(['cat-file', 'blob', 'none'])).rejects.toThrow(/git cat-file failed: .*none/);
    await expect(repository.run(['cat-file', 'blob', 'HEAD:file'], { maxOutputBytes: 3 })).rejects.toThrow(
      /more than 3/,
    );
    const reason = new Error('stop');
    const signal = AbortSignal.abort(reason);
    await expect(repository.run(['status'], { signal })).rejects.toBe(reason);
  });

  test('a source of input that fails is the error, not that git was ended', async () => {
    const failure = new Error('no more');
    async function* input(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('HEAD:file\n');
      await new Promise((resolve) => setTimeout(resolve, 10));
      throw failure;
    }
    for (let round = 0; round < 10; round++)
      await expect(repository.run(['cat-file', '--batch'], { input: input() })).rejects.toBe(failure);
  });

  test('leaving a stream early ends git', async () => {
    for await (const chunk of repository.stream(['cat-file', '--batch-all-objects', '--batch'])) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });

  test('the environment of a hook does not lead elsewhere', async () => {
    process.env['GIT_DIR'] = join(scratch, 'nowhere');
    try {
      expect((await (await openGitRepository(main)).config()).get('core.bare')).toBe('false');
    } finally {
      delete process.env['GIT_DIR'];
    }
  });
});

describe('writeBlobs', () => {
  test('many sizes at once, each as git has it', async () => {
    const sizes = [0, 1, 15, 16, 17, 2047, 2048, 2049, 100_000, 300_000];
    const blobs = sizes.map((size) => new Uint8Array(Buffer.alloc(size, `${size} `)));
    const ids = await writeBlobs(repository, blobs);
    expect(ids).toEqual(blobs.map((blob) => blobId(blob, 'sha1')));
    for (const [at, id] of ids.entries()) {
      expect(
        Buffer.from((await repository.objects.read(id))?.bytes ?? []).equals(Buffer.from(blobs[at]!)),
      ).toBe(true);
    }
    expect(git(main, 'fsck', '--strict', '--no-dangling')).toBe('');
    expect(await writeBlobs(repository, [])).toEqual([]);
  });
});
