/**
 * The git repositories in a directory and its subdirectories, as `git annex p2phttp --directory` finds them: none within
 * another repository, of any kind; a link to a repository counts, and one to any other directory is not followed.
 */

import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

export interface FoundRepository {
  /** Absolute: the top of the work tree, or the bare repository. */
  readonly path: string;
  /** The git directory that all its worktrees share. */
  readonly gitDir: string;
}

export interface FindOptions {
  /** Told of each directory that cannot be read. */
  readonly unreadable: (directory: string, error: unknown) => void;
}

/** In the order of their paths, each once. */
export async function findRepositories(
  directory: string,
  options: FindOptions,
): Promise<readonly FoundRepository[]> {
  const found = new Map<string, FoundRepository>();
  const left = [resolve(directory)];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const repository = await repositoryAt(path);
    if (repository !== undefined) {
      if (!found.has(repository.gitDir)) found.set(repository.gitDir, repository);
      continue;
    }
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      options.unreadable(path, error);
      return [];
    });
    const inside = await Promise.all(entries.map((entry) => next(path, entry)));
    left.push(...inside.filter((each) => each !== undefined).toSorted(backwards));
  }
  return [...found.values()];
}

/** The repository whose top this is; undefined where it is none. */
export async function repositoryAt(path: string): Promise<FoundRepository | undefined> {
  const gitDir = (await dotGit(join(path, '.git'))) ?? ((await isGitDir(path)) ? path : undefined);
  if (gitDir === undefined) return undefined;
  const common = await readFile(join(gitDir, 'commondir'), 'utf8').catch(() => undefined);
  const shared = common === undefined ? gitDir : resolve(gitDir, common.trimEnd());
  return { path, gitDir: await realpath(shared).catch(() => shared) };
}

/** Where to go on; undefined for what is no directory. */
async function next(directory: string, entry: Dirent): Promise<string | undefined> {
  const path = join(directory, entry.name);
  if (entry.isDirectory()) return path;
  return entry.isSymbolicLink() && (await repositoryAt(path)) !== undefined ? path : undefined;
}

/** `.git` of submodules, linked worktrees and others is a file that names the directory. */
async function dotGit(path: string): Promise<string | undefined> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory() === true) return (await isGitDir(path)) ? path : undefined;
  if (there?.isFile() !== true || there.size > maxLinkBytes) return undefined;
  const target = /^gitdir: (.+)\n?$/.exec(await readFile(path, 'utf8').catch(() => ''))?.[1];
  return target === undefined ? undefined : resolve(path, '..', target);
}

/** What git itself goes by. */
async function isGitDir(path: string): Promise<boolean> {
  if (!(await isDirectory(join(path, 'objects')))) return false;
  return (await isFile(join(path, 'HEAD'))) && (await isDirectory(join(path, 'refs')));
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

/** What is pushed last is taken first. */
function backwards(one: string, other: string): number {
  return one < other ? 1 : -1;
}

const maxLinkBytes = 65_536;
