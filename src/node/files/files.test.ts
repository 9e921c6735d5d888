// Which file a path leads to, in a repository that git itself made.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { textToByteString } from '../../util/byte-string.ts';
import { openGitRepository, type GitRepository } from '../git/git-repository.ts';
import { Blobs } from './blob-resource.ts';
import { BranchFinder, isRefName } from './branch-finder.ts';
import { readFilePath } from './file-path.ts';
import { FileFinder } from './find-file.ts';
import { listDirectory } from './listing.ts';
import { branchesPage, listingPage } from './listing-page.ts';

const annexKey = 'SHA256E-s5--2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824.txt';
const script = `
git init -q -b main
mkdir -p dir/deep
echo text > plain
echo '#!/bin/sh' > run; chmod +x run
printf 'caf\\303\\251' > "$(printf 'caf\\303\\251 <b>&.txt')"
printf 'raw' > "$(printf 'raw\\377')"
ln -s ../.git/annex/objects/aa/bb/${annexKey}/${annexKey} dir/locked.txt
echo /annex/objects/${annexKey} > dir/unlocked.txt
head -c 3000000 /dev/zero | tr '\\0' 'x' > dir/deep/large
ln -s dir dirlink; ln -s ../plain dir/up; ln -s dirlink/up chain; ln -s loop2 loop; ln -s loop loop2
ln -s ../outside outside; ln -s /etc/passwd absolute; ln -s nothing dangling; ln -s . here
git add . ; git update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,sub
git commit -qm one
git tag -a v1 -m v1; git tag feature/x/dir; git branch feature/x
git commit -q --allow-empty -m two; git tag light
git checkout -q --orphan git-annex; git rm -rqf --cached .; git commit -q --allow-empty -m annex; git checkout -qf main
git update-ref refs/heads/synced/git-annex git-annex; git update-ref refs/notes/hidden main
git checkout -q --detach; git commit -q --allow-empty -m unreachable; git rev-parse HEAD; git checkout -q main
git branch secret/plan; git config transfer.hideRefs refs/heads/secret
`;

let dir: string;
let git: GitRepository;
let unreachable: string;
let branches: BranchFinder;
let files: FileFinder;

beforeAll(async () => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'annexus-files-')));
  const identity = { GIT_AUTHOR_NAME: 't', GIT_AUTHOR_EMAIL: 't@invalid', GIT_COMMITTER_NAME: 't' };
  const env = {
    ...process.env,
    ...identity,
    GIT_COMMITTER_EMAIL: 't@invalid',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  unreachable = execFileSync('bash', ['-ec', script], { cwd: dir, env, encoding: 'utf8' }).trim();
  git = await openGitRepository(dir);
  branches = new BranchFinder(git);
  files = new FileFinder(git);
});

afterAll(async () => {
  await git.close();
  rmSync(dir, { recursive: true });
});

async function found(path: string): Promise<string> {
  const branch = await branches.find(path.split('/').map(textToByteString));
  if (branch === undefined) return 'no branch';
  const file = await files.find(branch.tree, branch.rest);
  return file?.type === 'annexed' ? file.key : (file?.type ?? 'nothing');
}

async function head(): Promise<string> {
  return String((await git.run(['rev-parse', 'main'])).stdout).trim();
}

describe('paths of requests', () => {
  test.each([
    ['/a/files', { parts: [], isDirectory: false }],
    ['/a/files/', { parts: [], isDirectory: true }],
    ['/a/files/main', { parts: ['main'], isDirectory: false }],
    ['/a/files/main/d/', { parts: ['main', 'd'], isDirectory: true }],
    ['/%61/fil%65s/x%2Fy%20z', { parts: ['x', 'y z'], isDirectory: false }],
    ['/a/filesystem', undefined],
    ['/b/files/x', undefined],
    ['/a/files/../x', 'bad'],
    ['/a/files/x/%2e%2e/y', 'bad'],
    ['/a/files/x/..%2fy', 'bad'],
    ['/a/files/x/./y', 'bad'],
    ['/a/files/x//y', 'bad'],
    ['/a/files//', 'bad'],
    ['/a/files/x%00', 'bad'],
    ['/a/files/x%', 'bad'],
    ['/a/files/x%4', 'bad'],
    ['/a/files/%zz', 'bad'],
  ] as const)('%s', (path, expected) => {
    expect(readFilePath(path, 'a')).toEqual(expected);
  });

  test('a name with slashes', () => {
    expect(readFilePath('/lab/m%C3%BC/files/x', 'lab/mü')).toEqual({ parts: ['x'], isDirectory: false });
  });
});

test.each(['main', 'feature/x', 'v1.0', 'adjusted/main(unlocked)', '\xff'])('%j names a branch', (name) => {
  expect(isRefName(name)).toBe(true);
});

test.each([
  '',
  'a b',
  'a..b',
  'a~1',
  'a^',
  'a:b',
  'a@{1}',
  '.a',
  'a/.b',
  'a.lock',
  'a.',
  'a//b',
  '/a',
  'a\\b',
  'a'.repeat(2000),
  'a\n',
])('%j names none', (name) => {
  expect(isRefName(name)).toBe(false);
});

describe('branches', () => {
  test.each([
    ['main/plain', 'file'],
    ['v1/plain', 'file'],
    ['light/plain', 'file'],
    ['feature/x/plain', 'file'],
    ['feature/x', 'directory'],
    // The longest name wins: it is a tag, and there is no `dir` in it.
    ['feature/x/dir/dir/up', 'file'],
    ['feature/plain', 'no branch'],
    ['git-annex', 'no branch'],
    ['synced/git-annex', 'no branch'],
    ['refs/heads/main/plain', 'no branch'],
    ['HEAD/plain', 'no branch'],
    ['notes/hidden', 'no branch'],
    ['secret/plan/plain', 'no branch'],
    ['main^/plain', 'no branch'],
    ['main:dir', 'no branch'],
    ['main@{0}/plain', 'no branch'],
  ])('%s: %s', async (path, expected) => {
    expect(await found(path)).toBe(expected);
  });

  test('a commit by its whole id, where a branch or tag contains it', async () => {
    const commit = await head();
    expect(await branches.find([commit, 'plain'])).toMatchObject({ isFixed: true, rest: ['plain'] });
    expect(await found(`${commit}/plain`)).toBe('file');
    expect(await found(`${commit.slice(0, 12)}/plain`)).toBe('no branch');
    expect(await found(`${unreachable}/plain`)).toBe('no branch');
    expect(await found(`x-g${unreachable}/plain`)).toBe('no branch');
    const annex = String((await git.run(['rev-parse', 'git-annex'])).stdout).trim();
    expect(await found(annex)).toBe('no branch');
  });

  test('a branch whose name looks like a description of a commit is itself', async () => {
    const name = `v1-1-g${(await head()).slice(0, 8)}`;
    expect(await found(`${name}/plain`)).toBe('no branch');
    await git.run(['branch', name, 'main']);
    await vi.waitFor(async () => expect(await found(`${name}/plain`)).toBe('file'), { timeout: 5000 });
    await git.run(['branch', '-D', name]);
  });

  test('many names of that kind at once cost one process, and many commits one after the other, up to a bound', async () => {
    const fresh = new BranchFinder(git);
    const id = (await head()).slice(0, 8);
    const run = vi.spyOn(git, 'run');
    await Promise.all(Array.from({ length: 50 }, async (_, index) => await fresh.find([`v${index}-g${id}`])));
    expect(run.mock.calls).toHaveLength(1);
    run.mockClear();
    const objects = vi.spyOn(git.objectHeaders, 'read').mockImplementation(async (name) => {
      const isCommit = /^[0-9a-f]{40}$/.test(name);
      return await Promise.resolve(
        isCommit ? { id: name, type: 'commit', sizeBytes: 1, bytes: new Uint8Array(1) } : undefined,
      );
    });
    const commits = Array.from({ length: 40 }, (_, index) => `${unreachable.slice(0, 38)}${index + 10}`);
    const asked = Promise.allSettled(commits.map(async (commit) => await fresh.find([commit])));
    expect((await fresh.names()).branches).toContain('main');
    const refused = (await asked).filter(
      (each) => each.status === 'rejected' && (each.reason as { code?: unknown }).code === 'busy',
    );
    expect(refused).toHaveLength(8);
    objects.mockRestore();
    run.mockRestore();
  });

  test('all that may be seen', async () => {
    const names = await new BranchFinder(git).names();
    expect(names).toEqual({ branches: ['feature/x', 'main'], tags: ['feature/x/dir', 'light', 'v1'] });
    expect(branchesPage('a <b>', names)).toContain('<li><a href="./feature/x/dir/">feature/x/dir</a></li>');
  });
});

describe('files', () => {
  test.each([
    ['main', 'directory'],
    ['main/dir/deep', 'directory'],
    ['main/run', 'file'],
    ['main/raw\xff', 'nothing'],
    ['main/café <b>&.txt', 'file'],
    ['main/dir/locked.txt', annexKey],
    ['main/dir/unlocked.txt', annexKey],
    ['main/dir/locked.txt/x', 'nothing'],
    ['main/plain/x', 'nothing'],
    ['main/nothing', 'nothing'],
    ['main/dirlink', 'directory'],
    ['main/dirlink/locked.txt', annexKey],
    ['main/here/here/here/dir/up', 'file'],
    ['main/dir/up', 'file'],
    ['main/chain', 'file'],
    ['main/loop', 'nothing'],
    ['main/outside', 'nothing'],
    ['main/absolute', 'nothing'],
    ['main/dangling', 'nothing'],
    ['main/sub', 'nothing'],
    ['main/sub/x', 'nothing'],
    ['main/.git/config', 'nothing'],
  ])('%s: %s', async (path, expected) => {
    expect(await found(path)).toBe(expected);
  });

  test('no process is started for a request', async () => {
    const run = vi.spyOn(git, 'run');
    const stream = vi.spyOn(git, 'stream');
    for (let round = 0; round < 50; round++) await found('feature/x/dir/dir/deep/large');
    expect([run.mock.calls, stream.mock.calls]).toEqual([[], []]);
    run.mockRestore();
    stream.mockRestore();
  });

  test('a large file of git comes whole, and from the middle; many at once are put off', async () => {
    const { tree } = (await branches.find(['main']))!;
    const file = await files.find(tree, ['dir', 'deep', 'large']);
    if (file?.type !== 'file') throw new Error('no file');
    const resource = new Blobs(git).resource(file, () => new AbortController().signal);
    const content = await resource.open(2_999_990);
    let text = '';
    for await (const chunk of content?.chunks ?? []) text += String(Buffer.from(chunk));
    expect(text).toBe('x'.repeat(10));
    const opened = await Promise.all(Array.from({ length: 17 }, async () => await resource.open(0)));
    const iterators = opened.map((each) => each!.chunks[Symbol.asyncIterator]());
    const first = await Promise.allSettled(iterators.map(async (iterator) => await iterator.next()));
    expect(first.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { code: 'busy' } }]);
    await Promise.all(iterators.map(async (iterator) => await iterator.return?.()));
    const again = (await resource.open(0))!.chunks[Symbol.asyncIterator]();
    expect((await again.next()).done).toBe(false);
    await again.return?.();
  });
});

test('a directory is listed page by page, and nothing in it is taken for HTML', async () => {
  const { tree, name: branch } = (await branches.find(['main']))!;
  const listing = await listDirectory(files, { branch, path: [], tree, after: undefined });
  const described = new Map(listing.entries.map((entry) => [entry.name, entry.described]));
  expect(described.get('sub')).toEqual({ type: 'submodule' });
  expect(described.get('absolute')).toEqual({ type: 'link', target: '/etc/passwd' });
  expect(described.get('raw\xff')).toEqual({ type: 'file', sizeBytes: 3 });
  const page = listingPage('a <b>', listing);
  expect(page).toContain('<a href="./caf%C3%A9%20%3Cb%3E%26.txt">café &#60;b&#62;&#38;.txt</a>');
  expect(page).not.toMatch(/<b>|href="\.\/sub/);
  const rest = await listDirectory(files, { branch, path: [], tree, after: 'plain' });
  expect(rest.entries.map(({ name }) => name)).toEqual(['raw\xff', 'run', 'sub']);
});
