/**
 * What git hands to a pre-receive hook, judged under `annexus.lockdown`: pushes to the git-annex branch, and to every ref
 * that git-annex would merge into it. Other refs are nobody's business here.
 *
 *     OLD NEW refs/heads/synced/git-annex LF
 *
 * The pushed objects lie in quarantine then, where only git run with the hook's environment finds them.
 */

import { CatFileParser } from '../git/cat-file-parser.ts';
import { runGit } from '../git/run-git.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { guardedPaths } from '../../logs/guarded-settings.ts';
import { byteStringToBytes, bytesToByteString, type ByteString } from '../../util/byte-string.ts';
import { branchRef } from './branch-commit.ts';
import { isLockedDown, lockdownRefusal, noReplacing, type ReadBranchFile } from './lockdown.ts';

export interface PushedRef {
  readonly old: string;
  readonly new: string;
  readonly ref: ByteString;
}

export function parsePushedRefs(input: ByteString): readonly PushedRef[] {
  return input.split('\n').flatMap((line) => {
    const match = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (.+)$/.exec(line);
    return match === null ? [] : [{ old: match[1] ?? '', new: match[2] ?? '', ref: match[3] ?? '' }];
  });
}

/** The quarantine's part of a hook's environment, for git that reads the objects as they are. */
export function quarantineEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const kept = ['GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_QUARANTINE_PATH'];
  const known = kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { ...Object.fromEntries(known), ...noReplacing };
}

/** Why the push must not be, one text for each ref that is to blame. */
export async function refusedRefs(
  repository: GitRepository,
  refs: readonly PushedRef[],
  env: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  if (!(await isLockedDown(repository))) return [];
  const refused: string[] = [];
  for (const pushed of refs) {
    const reason = await refusal(repository, pushed, env);
    if (reason !== undefined) refused.push(`${pushed.ref}: ${reason}`);
  }
  return refused;
}

async function refusal(
  repository: GitRepository,
  { old, new: commit, ref }: PushedRef,
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  // Where file names have no case, other spellings are the same ref.
  const name = ref.toLowerCase();
  if (name.startsWith('refs/replace/')) return 'annexus.lockdown does not let objects be replaced';
  if (!name.endsWith('/git-annex')) return undefined;
  const isBranch = name === branchRef;
  if (/^0+$/.test(commit)) {
    // Deleting what is to be merged merges nothing.
    return isBranch ? 'annexus.lockdown does not let the git-annex branch be deleted' : undefined;
  }
  if (isBranch && !/^0+$/.test(old) && !(await isAncestor(repository, old, { commit, env }))) {
    return 'annexus.lockdown does not let the git-annex branch be rewound; push to synced/git-annex';
  }
  const [ours, theirs] = await Promise.all([
    filesAt(repository, branchRef, env),
    filesAt(repository, commit, env),
  ]);
  const change = { commit, ours, theirs, env };
  if (isBranch) return await lockdownRefusal(repository, { ...change, isMerged: false });
  // git-annex moves the branch to what is ahead of it, and lines that are missing there are gone then.
  const takesPlace = await isAhead(repository, commit, env);
  return (
    (takesPlace ? await lockdownRefusal(repository, { ...change, isMerged: false }) : undefined) ??
    (await lockdownRefusal(repository, { ...change, isMerged: true }))
  );
}

/** Whether the branch could be moved to the commit; so it can where there is no branch. */
async function isAhead(
  repository: GitRepository,
  commit: string,
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  const { gitDir } = repository;
  const found = await runGit(['rev-parse', '--quiet', '--verify', branchRef], {
    cwd: gitDir,
    gitDir,
    env,
    allow: [0, 1],
  });
  if (found.exitCode === 1) return true;
  return await isAncestor(repository, bytesToByteString(found.stdout).trim(), { commit, env });
}

async function isAncestor(
  repository: GitRepository,
  old: string,
  { commit, env }: { readonly commit: string; readonly env: Readonly<Record<string, string>> },
): Promise<boolean> {
  const { gitDir } = repository;
  const answer = await runGit(['merge-base', '--is-ancestor', old, commit], {
    cwd: gitDir,
    gitDir,
    env,
    // 128: it is no commit, so nothing is moved to it.
    allow: [0, 1, 128],
  });
  return answer.exitCode === 0;
}

/** The guarded files of one version, read with one run of git. */
async function filesAt(
  { gitDir }: GitRepository,
  version: string,
  env: Readonly<Record<string, string>>,
): Promise<ReadBranchFile> {
  const input = byteStringToBytes(guardedPaths.map((path) => `${version}:${path}\n`).join(''));
  const read = await runGit(['cat-file', '--batch'], { cwd: gitDir, gitDir, env, input });
  const contents: (ByteString | undefined)[] = [];
  new CatFileParser(maxFileBytes).push(read.stdout, (answer) => {
    if (answer === 'too-large') throw new Error(`a file of ${version} has more than ${maxFileBytes} bytes`);
    contents.push(answer === 'missing' ? undefined : bytesToByteString(answer.bytes));
  });
  const files = new Map(guardedPaths.map((path, index) => [path, contents[index]]));
  return (path) => Promise.resolve(files.get(path));
}

const maxFileBytes = 16 * 1024 * 1024;
