/** Reads a repository's configuration by git, and tells whether what was read is still what git would say. */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { bytesToByteString } from '../../util/byte-string.ts';
import { fingerprint } from './fingerprint.ts';
import { parseConfigList, type GitConfig } from './git-config.ts';
import { runGit } from './run-git.ts';

export interface CachedConfig {
  readonly config: GitConfig;
  readonly own: string;
  /** Path to fingerprint, of every file that was or could be read. */
  readonly files: ReadonlyMap<string, string>;
  checkedMs: number;
}

/** The files are looked at before git reads them, so a change in between is noticed at the next look. */
export async function readConfig(gitDir: string, signal?: AbortSignal): Promise<CachedConfig> {
  const likely = standardFiles(gitDir);
  const before = await fingerprints(likely);
  const listed = await runGit(['config', '--list', '--show-origin', '-z'], { cwd: gitDir, gitDir, signal });
  const { config, files } = parseConfigList(bytesToByteString(listed.stdout));
  const others = files.map((file) => resolve(gitDir, Buffer.from(file, 'latin1').toString()));
  const included = others.filter((file) => !before.has(file));
  for (const [file, fingerprint] of await fingerprints(included)) before.set(file, fingerprint);
  return { config, files: before, own: join(gitDir, 'config'), checkedMs: performance.now() };
}

/** One look at the repository's own file; the user's and the system's are looked at once a second. */
export async function isFresh(cached: CachedConfig): Promise<boolean> {
  if ((await fingerprint(cached.own)) !== cached.files.get(cached.own)) return false;
  const nowMs = performance.now();
  if (nowMs - cached.checkedMs < otherFilesMs) return true;
  const current = await fingerprints([...cached.files.keys()]);
  for (const [file, known] of cached.files) if (current.get(file) !== known) return false;
  cached.checkedMs = nowMs;
  return true;
}

function standardFiles(gitDir: string): readonly string[] {
  const home = process.env['HOME'] ?? homedir();
  const userConfig = process.env['XDG_CONFIG_HOME'] ?? join(home, '.config');
  return [
    join(gitDir, 'config'),
    join(gitDir, 'config.worktree'),
    process.env['GIT_CONFIG_GLOBAL'] ?? join(home, '.gitconfig'),
    join(userConfig, 'git', 'config'),
    process.env['GIT_CONFIG_SYSTEM'] ?? '/etc/gitconfig',
  ].map((file) => resolve(gitDir, file));
}

/** Git replaces a configuration file by renaming, so its inode changes too. */
async function fingerprints(files: readonly string[]): Promise<Map<string, string>> {
  return new Map(await Promise.all(files.map(async (file) => [file, await fingerprint(file)] as const)));
}

const otherFilesMs = 1000;
