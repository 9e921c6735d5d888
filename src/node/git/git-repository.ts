/**
 * A git repository on this disk: where it keeps its things, its configuration, and the means to run git in it.
 *
 * `gitDir` is the common directory: linked worktrees and submodules share one annex, in the main repository's git dir,
 * as git-annex has it.
 */

import { realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AnnexError } from '../../types/annex-error.ts';
import { byteStringToUTF8, bytesToByteString, type ByteString } from '../../util/byte-string.ts';
import { Turns } from '../../util/turns.ts';
import { CatFile } from './cat-file.ts';
import type { GitConfig } from './git-config.ts';
import { isFresh, readConfig, type CachedConfig } from './read-config.ts';
import { runGit, streamGit, type GitResult, type RunGitOptions } from './run-git.ts';

export type GitOptions = Omit<RunGitOptions, 'cwd' | 'gitDir'>;

export interface GitRepository {
  /** Absolute path of the common git directory, where `annex/` and `config` are. */
  readonly gitDir: string;
  readonly bare: boolean;
  /** Top of the work tree; undefined in a bare repository. */
  readonly workTree: string | undefined;
  readonly objectFormat: 'sha1' | 'sha256';
  /** Objects by name (`REF:PATH`, an id), through one long-lived git. */
  readonly objects: CatFile;
  /** The same without their bytes: what there is, and how large it is. */
  readonly objectHeaders: CatFile;
  /** The configuration as it is now: read again when one of its files changed. */
  config(): Promise<GitConfig>;
  /** Sets a key of the repository's own configuration to this one value, or takes it away (undefined). */
  setConfig(key: string, value: ByteString | undefined): Promise<void>;
  /** Runs git in the repository. Throws AnnexError('remote') with what git said where it fails. */
  run(args: readonly string[], options?: GitOptions): Promise<GitResult>;
  /** Runs git and gives its output piece by piece. */
  stream(args: readonly string[], options?: GitOptions): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/**
 * Finds the repository that `path` is in, as git does.
 * Throws AnnexError('config') where there is none, or where git refuses to work in it (safe.directory).
 */
export async function openGitRepository(path: string): Promise<GitRepository> {
  const cwd = resolve(path);
  await assertDirectory(cwd);
  const early = await readConfigEarly(cwd);
  let isRight = false;
  try {
    const place = await findPlace(cwd);
    isRight = place.gitDir === early?.gitDir;
    return new DiskGitRepository(place, isRight ? early?.config : undefined);
  } finally {
    if (!isRight) early?.stop();
  }
}

interface EarlyConfig {
  readonly gitDir: string;
  readonly config: Promise<CachedConfig>;
  stop(): void;
}

/**
 * Starting git takes longest, so the configuration of the git directory that is likely the one is read while git tells which
 * one it is. What is read counts only where that is the same: git may refuse the directory, or have chosen another.
 */
async function readConfigEarly(cwd: string): Promise<EarlyConfig | undefined> {
  const gitDir = await likelyGitDir(cwd);
  if (gitDir === undefined) return undefined;
  const controller = new AbortController();
  const config = readConfig(gitDir, controller.signal);
  config.catch(() => undefined);
  return { gitDir, config, stop: () => controller.abort() };
}

async function likelyGitDir(cwd: string): Promise<string | undefined> {
  for (const place of [join(cwd, '.git'), cwd]) {
    const files = ['HEAD', 'config'].map(async (name) => (await stat(join(place, name))).isFile());
    const found = await Promise.allSettled(files);
    if (found.every((file) => file.status === 'fulfilled' && file.value))
      return await realpath(place).catch(() => undefined);
  }
  return undefined;
}

async function findPlace(cwd: string): Promise<Place> {
  const [commonDir, bareText, objectFormat, topLevel] = await look(cwd);
  if (commonDir === undefined || objectFormat === undefined) throw noRepository(cwd, 'git gave no answer');
  const bare = bareText === 'true';
  const gitDir = resolve(cwd, commonDir);
  const workTree = bare ? undefined : (topLevel ?? workTreeBeside(gitDir));
  if (objectFormat !== 'sha1' && objectFormat !== 'sha256') {
    throw new AnnexError('config', `${gitDir} has objects of a kind that is not known here: ${objectFormat}`);
  }
  return { gitDir, bare, workTree, objectFormat };
}

/**
 * One answer a line. A path with a line feed in it would not be told apart, and cannot be handed to git either. The last
 * question has no answer where there is no work tree: git then fails after it gave the others.
 */
async function look(cwd: string): Promise<readonly string[]> {
  if (cwd.includes('\n'))
    throw new AnnexError('config', 'the path of a repository cannot have a line feed in it');
  const questions = ['--git-common-dir', '--is-bare-repository', '--show-object-format', '--show-toplevel'];
  const answer = await runGit(['rev-parse', '--path-format=absolute', ...questions], {
    cwd,
    allow: [0, 128],
    maxOutputBytes: 65_536,
  });
  const text = byteStringToUTF8(bytesToByteString(answer.stdout));
  if (text === undefined) throw new AnnexError('config', `the path of the repository at ${cwd} is not UTF-8`);
  const answers = text.trimEnd().split('\n');
  if (answer.exitCode !== 0 && answers.length !== questions.length - 1)
    throw noRepository(cwd, answer.stderr);
  return answers;
}

/** Inside the git directory git tells of no work tree; the usual one is beside it. */
function workTreeBeside(gitDir: string): string {
  if (gitDir.endsWith('/.git')) return gitDir.slice(0, -'/.git'.length);
  throw new AnnexError('config', `the work tree of the repository at ${gitDir} cannot be found from there`);
}

function noRepository(path: string, stderr: string): AnnexError {
  if (stderr.includes('dubious ownership')) {
    return new AnnexError(
      'config',
      `git refuses ${path} because it belongs to another user; if you trust it: git config --global --add safe.directory ${path}`,
    );
  }
  if (stderr.includes('not a git repository'))
    return new AnnexError('config', `no git repository at ${path}`);
  return new AnnexError(
    'config',
    `git cannot use the repository at ${path}: ${stderr.trim().replaceAll('\n', '; ')}`,
  );
}

async function assertDirectory(path: string): Promise<void> {
  const there = await stat(path).catch((caught: unknown) => {
    throw new AnnexError('config', `no git repository at ${path}`, { cause: caught });
  });
  if (!there.isDirectory()) throw new AnnexError('config', `no git repository at ${path}: not a directory`);
}

interface Place {
  readonly gitDir: string;
  readonly bare: boolean;
  readonly workTree: string | undefined;
  readonly objectFormat: 'sha1' | 'sha256';
}

class DiskGitRepository implements GitRepository {
  readonly gitDir: string;
  readonly bare: boolean;
  readonly workTree: string | undefined;
  readonly objectFormat: 'sha1' | 'sha256';
  readonly objects: CatFile;
  readonly objectHeaders: CatFile;
  readonly #settings = new Turns<'config'>();
  #config: Promise<CachedConfig> | undefined;

  /** @param config read since somebody asked for this repository */
  constructor(place: Place, config: Promise<CachedConfig> | undefined) {
    this.#config = config;
    this.gitDir = place.gitDir;
    this.bare = place.bare;
    this.workTree = place.workTree;
    this.objectFormat = place.objectFormat;
    this.objects = new CatFile(place.gitDir);
    this.objectHeaders = new CatFile(place.gitDir, { headersOnly: true });
  }

  async config(): Promise<GitConfig> {
    const pending = this.#config;
    if (pending !== undefined) {
      const cached = await pending.catch(() => undefined);
      if (cached !== undefined && (await isFresh(cached))) return cached.config;
    }
    // Whoever comes while it is being read gets the same reading.
    if (this.#config === pending) this.#config = readConfig(this.gitDir);
    return (await (this.#config ?? readConfig(this.gitDir))).config;
  }

  async setConfig(key: string, value: ByteString | undefined): Promise<void> {
    const text = value === undefined ? undefined : byteStringToUTF8(value);
    if (value !== undefined && (text === undefined || text.includes('\0'))) {
      throw new AnnexError('config', `the value for ${key} cannot be set: it is not UTF-8`);
    }
    const [args, allow] =
      text === undefined
        ? [
            ['--unset-all', key],
            [0, 5],
          ]
        : [['--replace-all', key, text], [0]];
    // Git does not wait for the file's lock.
    await this.#settings.run('config', async () => await this.run(['config', '--local', ...args], { allow }));
    this.#config = undefined;
  }

  async run(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
    return await runGit(args, { ...options, cwd: this.gitDir, gitDir: this.gitDir });
  }

  stream(args: readonly string[], options: GitOptions = {}): AsyncIterable<Buffer> {
    return streamGit(args, { ...options, cwd: this.gitDir, gitDir: this.gitDir });
  }

  async close(): Promise<void> {
    await Promise.all([this.objects.close(), this.objectHeaders.close()]);
  }
}
