// Runs programs for tests, real git-annex first of all, in an environment that has nothing of the user's own: a
// home of its own, a known identity, no prompts, and the chosen release of git-annex first in PATH.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { chmod, lstat, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { releases, type Release } from './git-annex-releases.ts';

export { releases, type Release };

export interface RunOptions {
  /** Added to the clean environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whose git-annex is first in PATH; the latest unless told. */
  readonly release?: Release;
  /** Written to standard input, which is otherwise empty. */
  readonly input?: string | Uint8Array;
  /** Exit codes that are no failure, or 'any'; only 0 unless told. */
  readonly allow?: readonly number[] | 'any';
  /** The whole process group is killed after this long; a minute unless told. */
  readonly timeoutMs?: number;
}

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code, or -1 where a signal ended it. */
  readonly exitCode: number;
}

/** bin/annexus of this checkout; it runs what the last build made. */
export const annexusProgram: string = fileURLToPath(new URL('../../bin/annexus', import.meta.url));

/** Runs a program to its end. Rejects with all that it printed where its exit code is not allowed. */
export async function runIn(dir: string, argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const started = start(dir, argv, options);
  started.child.stdin?.end(options.input ?? '');
  const { timeoutMs = 60_000, allow = [0] } = options;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup(started.child, 'SIGKILL');
  }, timeoutMs);
  const exitCode = await started.ended.finally(() => clearTimeout(timer));
  const ran = { stdout: started.stdout(), stderr: started.stderr(), exitCode };
  if (late || (allow !== 'any' && !allow.includes(exitCode))) {
    const how = late ? `did not end within ${timeoutMs} ms` : `ended with ${exitCode}`;
    throw new Error(`${argv.join(' ')} ${how}\n--- stdout\n${ran.stdout}\n--- stderr\n${ran.stderr}`);
  }
  return ran;
}

export interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the exit code, -1 for a signal. */
  readonly ended: Promise<number>;
  /** Resolves once standard output or error shows this; rejects where the program ends or 20 s pass before. */
  readonly shows: (pattern: RegExp) => Promise<RegExpExecArray>;
}

/** Starts a program that goes on, a server for instance. `await using` stops it and all that it started. */
export function startIn(dir: string, argv: readonly string[], options: RunOptions = {}): Running {
  const started = start(dir, argv, options);
  return {
    ...started,
    shows: async (pattern) => await waitFor(started, pattern, argv),
    [Symbol.asyncDispose]: async () => {
      killGroup(started.child, 'SIGTERM');
      const timer = setTimeout(() => killGroup(started.child, 'SIGKILL'), 5_000);
      await started.ended.finally(() => clearTimeout(timer));
    },
  };
}

/** Gives a fresh directory (in `base`), and removes it afterwards with all that git-annex made read-only in it. */
export async function withTempDir<T>(body: (dir: string) => Promise<T>, base: string = tmpdir()): Promise<T> {
  const dir = await realpath(await mkdtemp(join(base, 'annexus-test-')));
  try {
    return await body(dir);
  } finally {
    await removeTree(dir);
  }
}

export async function removeTree(dir: string): Promise<void> {
  await makeWritable(dir);
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** The environment that runIn and startIn give to programs. */
export function cleanEnvironment(options: Pick<RunOptions, 'env' | 'release'> = {}): Record<string, string> {
  const release = options.release ?? releases()[1];
  const home = ownHome();
  const variables: Record<string, string | undefined> = {
    PATH: [release?.binDir, process.env['PATH']].join(delimiter),
    HOME: home,
    TMPDIR: tmpdir(),
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    ...options.env,
  };
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

let home: string | undefined;

// One home for each test file, made when first needed.
function ownHome(): string {
  if (home !== undefined) return home;
  const made = mkdtempSync(join(tmpdir(), 'annexus-home-'));
  mkdirSync(join(made, '.config'));
  writeFileSync(join(made, '.gitconfig'), gitConfig);
  home = made;
  return made;
}

afterAll(async () => {
  if (home !== undefined) await removeTree(home);
  home = undefined;
});

const gitConfig = `[user]
	name = Annexus tests
	email = tests@annexus.invalid
[init]
	defaultBranch = main
[gc]
	auto = 0
[advice]
	detachedHead = false
[annex "security"]
	allowed-ip-addresses = 127.0.0.1 ::1
`;

type Started = Pick<Running, 'child' | 'stdout' | 'stderr' | 'ended'>;

function start(dir: string, argv: readonly string[], options: RunOptions): Started {
  const [program = '', ...args] = argv;
  // A process group of its own, so that what it starts can be ended with it.
  const child = spawn(program, args, { cwd: dir, env: cleanEnvironment(options), detached: true });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  // A program may end before it has read its input; its exit code tells what that means.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  // Whoever waits for the end hears of an error; nobody has to wait.
  ended.catch(() => undefined);
  return { child, stdout, stderr, ended };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

async function waitFor(started: Started, pattern: RegExp, argv: readonly string[]): Promise<RegExpExecArray> {
  const deadline = performance.now() + 20_000;
  let exitCode: number | undefined;
  void started.ended.then(
    (code) => (exitCode = code),
    () => (exitCode = -1),
  );
  for (;;) {
    const match = pattern.exec(started.stdout()) ?? pattern.exec(started.stderr());
    if (match !== null) return match;
    if (exitCode !== undefined || performance.now() > deadline) {
      const how = exitCode === undefined ? 'did not show' : `ended with ${exitCode} before it showed`;
      throw new Error(
        `${argv.join(' ')} ${how} ${String(pattern)}\n--- stdout\n${started.stdout()}\n--- stderr\n${started.stderr()}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The whole group has ended already.
  }
}

async function makeWritable(path: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat?.isDirectory() !== true) return;
  await chmod(path, stat.mode | 0o700);
  for (const name of await readdir(path)) await makeWritable(join(path, name));
}
