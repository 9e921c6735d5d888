/**
 * Runs git to its end, or streams from it. Bytes go in by standard input and come out as they are: names that may be any
 * bytes (paths, refs) never travel as arguments, which have to be text.
 */

import { existsSync } from 'node:fs';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { AnnexError } from '../../types/annex-error.ts';
import { gitEnvironment } from './git-environment.ts';

export interface RunGitOptions {
  readonly cwd: string;
  readonly gitDir?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Standard input; empty unless given. */
  readonly input?: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** More output than this is an error; 64 MiB unless given. */
  readonly maxOutputBytes?: number | undefined;
  /** Exit codes that are an answer; only 0 unless given. */
  readonly allow?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs git. Throws AnnexError('remote') with git's last words where the exit code is not allowed. */
export async function runGit(args: readonly string[], options: RunGitOptions): Promise<GitResult> {
  const chunks: Buffer[] = [];
  const result = await stream(args, options, async (stdout) => {
    const most = options.maxOutputBytes ?? defaultMaxOutputBytes;
    let total = 0;
    for await (const chunk of stdout) {
      total += chunk.length;
      if (total > most)
        throw new AnnexError('remote', `git ${args[0] ?? ''} printed more than ${most} bytes`);
      chunks.push(chunk);
    }
  });
  return { ...result, stdout: Buffer.concat(chunks) };
}

/**
 * Runs git and gives its output piece by piece. Leaving the iteration early ends git; running to the end throws like
 * `runGit` if git failed.
 */
export async function* streamGit(args: readonly string[], options: RunGitOptions): AsyncGenerator<Buffer> {
  const running = start(args, options);
  let ended = false;
  try {
    for await (const chunk of running.child.stdout as AsyncIterable<Buffer>) yield chunk;
    await running.finish();
    ended = true;
  } finally {
    if (!ended) running.child.kill('SIGTERM');
    await running.settled();
  }
}

async function stream(
  args: readonly string[],
  options: RunGitOptions,
  read: (stdout: AsyncIterable<Buffer>) => Promise<void>,
): Promise<Omit<GitResult, 'stdout'>> {
  const running = start(args, options);
  try {
    await read(running.child.stdout);
    return await running.finish();
  } catch (caught) {
    running.child.kill('SIGTERM');
    options.signal?.throwIfAborted();
    throw caught;
  } finally {
    await running.settled();
  }
}

interface RunningGit {
  readonly child: ChildProcessWithoutNullStreams;
  finish(): Promise<Omit<GitResult, 'stdout'>>;
  /** Waits until nothing of the process is left. Never throws. */
  settled(): Promise<void>;
}

function start(args: readonly string[], options: RunGitOptions): RunningGit {
  options.signal?.throwIfAborted();
  const { cwd, gitDir, env, input, allow = [0], signal } = options;
  const child = spawn('git', [...args], { cwd, env: gitEnvironment(gitDir, env), signal, windowsHide: true });
  const stderr = collectTail(child.stderr);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  ended.catch(() => undefined);
  const fed = feed(child, input);
  fed.catch(() => undefined);
  return {
    child,
    async finish() {
      const exitCode = await ended.catch((caught: unknown) => {
        signal?.throwIfAborted();
        throw cannotStart(caught, cwd);
      });
      signal?.throwIfAborted();
      // Git may have left input unread; a source of input that failed matters, and is why git was ended.
      await fed;
      const said = stderr();
      if (!allow.includes(exitCode)) throw gitFailed(args, exitCode, said);
      return { exitCode, stderr: said };
    },
    async settled() {
      child.stdout.destroy();
      await Promise.allSettled([ended, fed]);
    },
  };
}

async function feed(child: ChildProcessWithoutNullStreams, input: RunGitOptions['input']): Promise<void> {
  child.stdin.on('error', () => undefined);
  if (input === undefined || input instanceof Uint8Array) {
    child.stdin.end(input);
    return;
  }
  try {
    await pipeline(Readable.from(input, { objectMode: true }), child.stdin);
  } catch (caught) {
    // Git closed its input first: its exit code tells what that means.
    if (caught instanceof Error && 'code' in caught && earlyCloses.has(String(caught.code))) return;
    child.kill('SIGTERM');
    throw caught;
  }
}

function gitFailed(args: readonly string[], exitCode: number, stderr: string): AnnexError {
  const command = args.find((arg) => !arg.startsWith('-') && !arg.includes('=')) ?? '';
  const why = stderr.trim() === '' ? `exit code ${exitCode}` : stderr.trim().replaceAll('\n', '; ');
  return new AnnexError('remote', `git ${command} failed: ${why}`);
}

function cannotStart(caught: unknown, cwd: string): AnnexError {
  const reason = caught instanceof Error ? caught.message : String(caught);
  // What is missing may be the directory as well as the program.
  const isMissing = reason.includes('ENOENT') && existsSync(cwd);
  const why = isMissing ? 'it is not installed, or not in PATH' : reason;
  return new AnnexError('config', `git cannot be started in ${cwd}: ${why}`, { cause: caught });
}

/** The last bytes of what a stream says. */
function collectTail(stream: Readable): () => string {
  let tail = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    tail = (tail + text).slice(-maxStderrChars);
  });
  return () => tail;
}

const earlyCloses: ReadonlySet<string> = new Set(['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET']);
const defaultMaxOutputBytes = 64 * 1024 * 1024;
const maxStderrChars = 4096;
