// A bare repository with annex.uuid and its git-annex branch, for tests of what is kept beside the branch.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnnexBranch } from '../../src/node/branch/annex-branch.ts';
import { BranchLocationLog } from '../../src/node/branch/branch-location-log.ts';
import { systemClock } from '../../src/node/clock.ts';
import { openGitRepository } from '../../src/node/git/git-repository.ts';
import { parseKey, type Key } from '../../src/types/key.ts';
import type { UUID } from '../../src/types/uuid.ts';

export interface BareAnnex {
  readonly dir: string;
  readonly branch: AnnexBranch;
  readonly log: BranchLocationLog;
  readonly git: (args: readonly string[], input?: string) => string;
}

/** Makes one, and takes it away again. */
export async function withBareAnnex(uuid: UUID, body: (annex: BareAnnex) => Promise<void>): Promise<void> {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'annexus-bare-')));
  const git = (args: readonly string[], input = ''): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: dir,
      encoding: 'utf8',
      env: environment,
      input,
    }).trim();
  git(['init', '-q', '--bare', '.']);
  for (const [name, value] of [
    ['annex.uuid', uuid],
    ['user.name', 't'],
    ['user.email', 't@t'],
  ] as const)
    git(['config', name, value]);
  const repository = await openGitRepository(dir);
  const branch = await AnnexBranch.open(repository, { clock: systemClock, events: () => undefined });
  try {
    await body({ dir, branch, git, log: new BranchLocationLog(branch) });
  } finally {
    await branch.close();
    await repository.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

export function keyOf(text: string): Key {
  const key = parseKey(text);
  if (key === undefined) throw new Error(`${text} is no key`);
  return key;
}

const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
