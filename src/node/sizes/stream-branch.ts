/**
 * All files of a commit of the branch as one stream: `git ls-tree` and `git cat-file` with a pipe of the shell's between
 * them, since what a million files cost beside git itself is their coming by here twice. Git writes a few lines at a time, and
 * Node's work for a piece is the same whatever its size, so `dd` makes large ones of them. At its lower
 * priority it is woken seldom; woken for each of git's pieces, it would cost the two a quarter more than git's own work.
 *
 * A git before 2.36 has no `ls-tree --format`: what it prints is then put into shape in between.
 */

import { spawn } from 'node:child_process';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { AnnexError } from '../../types/annex-error.ts';
import { gitEnvironment } from '../git/git-environment.ts';
import type { GitRepository } from '../git/git-repository.ts';

export interface StreamOptions {
  /** Whether git knows `ls-tree --format`; found out unless given. */
  readonly hasFormat?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `SIZE SP PATH LF bytes LF` of each file, piece by piece. Throws AnnexError('remote') where git fails. */
export async function* streamBranch(
  repository: GitRepository,
  commit: string,
  { hasFormat, signal }: StreamOptions = {},
): AsyncGenerator<Buffer> {
  if (hasFormat ?? (await knowsFormat(repository))) yield* piped(repository, { commit, signal });
  else yield* reshaped(repository, { commit, signal });
}

interface Source {
  readonly commit: string;
  readonly signal: AbortSignal | undefined;
}

async function* piped(repository: GitRepository, { commit, signal }: Source): AsyncGenerator<Buffer> {
  signal?.throwIfAborted();
  const { gitDir } = repository;
  // In a group of its own, so that all of it can be ended.
  const shell = spawn('sh', ['-c', pipeline, 'sh', commit], {
    cwd: gitDir,
    env: gitEnvironment(gitDir),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const [, output, errors, failures] = shell.stdio as unknown as readonly Readable[];
  if (output === undefined) throw new AnnexError('invariant', 'the shell has no output');
  let said = '';
  let failed = '';
  errors?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-maxSaidChars);
  });
  failures?.setEncoding('utf8').on('data', (text: string) => {
    failed += text;
  });
  const ended = new Promise<string | undefined>((resolve) => {
    shell.once('error', (error) => resolve(`sh cannot be started in ${gitDir}: ${error.message}`));
    shell.once('close', (code, endedBy) => {
      if (failed !== '') resolve(`git ${failed.trim()} failed: ${said.trim()}`);
      else resolve(code === 0 ? undefined : `dd failed: ${endedBy ?? `exit code ${code}`}`);
    });
  });
  const stop = (): void => {
    if (shell.pid !== undefined) killGroup(shell.pid);
  };
  signal?.addEventListener('abort', stop);
  let isDone = false;
  try {
    for await (const chunk of output as AsyncIterable<Buffer>) yield chunk;
    const failure = await ended;
    signal?.throwIfAborted();
    if (failure !== undefined) throw new AnnexError('remote', failure);
    isDone = true;
  } finally {
    signal?.removeEventListener('abort', stop);
    if (!isDone) stop();
    await ended;
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended.
  }
}

async function* reshaped(repository: GitRepository, { commit, signal }: Source): AsyncGenerator<Buffer> {
  const list = repository.stream([...listArgs, commit], { signal });
  yield* repository.stream(catArgs, { input: reshape(list), signal });
}

/** `MODE SP TYPE SP ID HT PATH LF` to `ID SP PATH LF`; files only. */
async function* reshape(list: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = '';
  for await (const chunk of list) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    yield Buffer.from(
      lines.map((line) => line.replace(/^\d+ blob ([^\t]+)\t/, '$1 ')).join('\n') + '\n',
      'latin1',
    );
  }
}

async function knowsFormat(repository: GitRepository): Promise<boolean> {
  const { stdout } = await repository.run(['version']);
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(stdout.toString('latin1')) ?? [];
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 36);
}

const listArgs = ['-c', 'core.quotePath=false', 'ls-tree', '-r'];
const catArgs = ['cat-file', '--batch=%(objectsize) %(rest)', '--buffer'];
/** Says on its fourth descriptor which of the two failed. */
const pipeline = `
  { git ${listArgs.join(' ')} --format='%(objectname) %(path)' "$1" || echo ls-tree >&3; } |
  { git cat-file --batch='%(objectsize) %(rest)' --buffer || echo cat-file >&3; } |
  nice -n 10 dd obs=65536 2>/dev/null`;
const maxSaidChars = 2048;
