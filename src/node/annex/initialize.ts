/**
 * Makes a git repository an annex, as `git annex init` does: annex.uuid and annex.version, the smudge filter and the
 * hooks where there is a work tree, and a description in the git-annex branch. Safe to run again: what is set stays.
 */

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { AnnexError } from '../../types/annex-error.ts';
import { genUUID, parseUUID, type UUID } from '../../types/uuid.ts';
import type { Rng } from '../../util/clock.ts';
import type { GitRepository } from '../git/git-repository.ts';

/** @returns the repository's UUID, and whether it is new. */
export async function initializeConfig(
  repository: GitRepository,
  rng: Rng,
): Promise<{ readonly uuid: UUID; readonly isNew: boolean }> {
  await assertWanted(repository);
  const config = await repository.config();
  const version = config.get('annex.version');
  if (version !== undefined && !['8', '9', '10'].includes(version)) {
    throw new AnnexError(
      'config',
      `${repository.gitDir}: annex.version is ${version}, and only 8, 9 and 10 are known: run git annex upgrade`,
    );
  }
  const known = parseUUID(config.get('annex.uuid') ?? '');
  const uuid = known ?? genUUID(rng);
  // The version comes first: whoever sees a UUID may count on it.
  if (version === undefined) await repository.setConfig('annex.version', '10');
  if (known === undefined) await repository.setConfig('annex.uuid', uuid);
  if (!repository.bare) await prepareWorkTree(repository);
  return { uuid, isNew: known === undefined };
}

/** What git-annex calls a repository that nobody described: `user@host:path`. */
export function defaultDescription(repository: GitRepository): string {
  const path = repository.workTree ?? repository.gitDir;
  const home = homedir();
  const short = path === home ? '~' : path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
  return `${userInfo().username}@${hostname()}:${short}`;
}

/** A `.noannex` file at the top says that this repository is to be left alone. */
async function assertWanted(repository: GitRepository): Promise<void> {
  if (repository.workTree === undefined) return;
  const said = await readText(join(repository.workTree, '.noannex'));
  if (said === undefined) return;
  throw new AnnexError('config', `initialization is prevented by a .noannex file: ${said.trim()}`);
}

async function prepareWorkTree(repository: GitRepository): Promise<void> {
  await repository.setConfig('filter.annex.smudge', 'git-annex smudge -- %f');
  await repository.setConfig('filter.annex.clean', 'git-annex smudge --clean -- %f');
  await repository.setConfig('filter.annex.process', 'git-annex filter-process');
  const attributes = join(repository.gitDir, 'info', 'attributes');
  const present = (await readText(attributes)) ?? '';
  if (!present.split('\n').includes('* filter=annex')) {
    await mkdir(join(repository.gitDir, 'info'), { recursive: true });
    await writeFile(attributes, `${present}\n* filter=annex\n`);
  }
  await mkdir(join(repository.gitDir, 'hooks'), { recursive: true });
  for (const [name, command] of hooks) await addHook(join(repository.gitDir, 'hooks', name), command);
}

/** A hook that is there already is someone's own and stays. */
async function addHook(path: string, command: string): Promise<void> {
  try {
    await writeFile(path, `#!/bin/sh\n# automatically configured by git-annex\n${command}\n`, { flag: 'wx' });
    await chmod(path, 0o755);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

// Word for word git-annex's, which knows its own hooks by their text.
const hooks: readonly (readonly [string, string])[] = [
  ['pre-commit', 'git annex pre-commit .'],
  ['post-receive', 'if git annex post-receive --help >/dev/null 2>&1; then git annex post-receive; fi'],
  ['post-checkout', 'git annex smudge --update'],
  ['post-merge', 'git annex smudge --update'],
];
