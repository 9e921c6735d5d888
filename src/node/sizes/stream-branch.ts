/**
 * All files of a commit of the branch as one stream: `git ls-tree` and `git cat-file` with a pipe between them that does
 * not come by here, since what a million files cost beside git itself is their coming by twice.
 *
 * A git before 2.36 has no `ls-tree --format`: what it prints is then put into shape in between.
 */

import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
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
  const lister = start(
    repository,
    [...listArgs, '--format=%(objectname) %(path)', commit],
    ['ignore', 'pipe', 'pipe'],
  );
  // In this turn of the event loop, so that nothing of the list is read here.
  const reader = start(repository, catArgs, [lister.child.stdout, 'pipe', 'pipe']);
  lister.child.stdout?.destroy();
  const stop = (): void => {
    lister.child.kill();
    reader.child.kill();
  };
  signal?.addEventListener('abort', stop);
  let isDone = false;
  try {
    for await (const chunk of reader.child.stdout as AsyncIterable<Buffer>) yield chunk;
    for (const process of [lister, reader]) {
      const failure = await process.ended;
      signal?.throwIfAborted();
      if (failure !== undefined) throw new AnnexError('remote', failure);
    }
    isDone = true;
  } finally {
    signal?.removeEventListener('abort', stop);
    if (!isDone) stop();
    await Promise.all([lister.ended, reader.ended]);
  }
}

interface Started {
  readonly child: ChildProcess;
  /** Resolves with what went wrong, undefined for nothing, once nothing of the process is left. */
  readonly ended: Promise<string | undefined>;
}

function start(repository: GitRepository, args: readonly string[], stdio: StdioOptions): Started {
  const { gitDir } = repository;
  const child = spawn('git', [...args], {
    cwd: gitDir,
    env: gitEnvironment(gitDir),
    stdio,
    windowsHide: true,
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-maxSaidChars);
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(`git cannot be started in ${gitDir}: ${error.message}`));
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(undefined);
      else
        resolve(
          `git ${args.find((arg) => /^(ls-tree|cat-file)$/.test(arg)) ?? ''} failed: ${said.trim() || (signal ?? `exit code ${code}`)}`,
        );
    });
  });
  return { child, ended };
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
const maxSaidChars = 2048;
