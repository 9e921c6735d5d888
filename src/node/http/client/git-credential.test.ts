// Against real git and a helper that writes down what it is asked.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openGitRepository, type GitRepository } from '../../git/git-repository.ts';
import { runGit } from '../../git/run-git.ts';
import { GitCredential } from './git-credential.ts';

let dir: string;
let repository: GitRepository;
let log: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'annexus-credential-'));
  await runGit(['init', '-q', dir], { cwd: dir });
  repository = await openGitRepository(dir);
  log = join(dir, 'log');
  const helper = `!f() { echo "$1" >> '${log}'; cat >> '${log}'; [ "$1" != get ] || { echo username=me; echo password=s=cret; }; }; f`;
  await repository.setConfig('credential.annex+https://known.example.helper', helper);
  await repository.setConfig('credential.useHttpPath', 'true');
});
afterAll(async () => {
  await repository.close();
  await rm(dir, { recursive: true });
});

test('fills, approves and rejects about the URL as it is written', async () => {
  const source = new GitCredential({ repository, url: 'annex+https://known.example:8443/git-annex/' });
  await writeFile(log, '');
  expect(await source.fill()).toBeUndefined();
  const known = new GitCredential({ repository, url: 'annex+https://known.example/git-annex/' });
  const given = await known.fill();
  expect(given).toEqual({ user: 'me', password: 's=cret' });
  await known.approve(given!);
  await known.reject(given!);
  // Nobody's.
  await known.approve({ user: 'other', password: '' });
  const told = await readFile(log, 'utf8');
  expect(told.split('\n').filter((line) => ['get', 'store', 'erase'].includes(line))).toEqual([
    'get',
    'store',
    'erase',
  ]);
  expect(told).toContain('protocol=annex+https\n');
  expect(told).toContain('path=git-annex\n');
});

test('knows nothing where no helper does, and asks nobody', async () => {
  expect(
    await new GitCredential({ repository, url: 'annex+http://unknown.example/' }).fill(),
  ).toBeUndefined();
  expect(
    await new GitCredential({ repository, url: 'annex+http://h/\nhost=known.example' }).fill(),
  ).toBeUndefined();
});
