// The two releases of real git-annex that script/install-git-annex puts side by side. A mock of git-annex proves
// nothing, so where a release is missing everything that asks for one fails and says how to install it.
import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Release {
  readonly name: 'stable' | 'latest';
  readonly binDir: string;
  /** As `git-annex version --raw` prints it, "10.20250416". */
  readonly version: string;
}

let found: readonly Release[] | undefined;

/** Both releases, stable first. Throws where one is missing or does not run. */
export function releases(): readonly Release[] {
  found ??= (['stable', 'latest'] as const).map(findRelease);
  return found;
}

function findRelease(name: Release['name']): Release {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const prefix = process.env['ANNEX_ORACLE_PREFIX'] ?? join(cache, 'git-annex-oracle');
  const binDir = join(prefix, name, 'bin');
  try {
    const version = execFileSync(join(binDir, 'git-annex'), ['version', '--raw'], {
      encoding: 'utf8',
    }).trim();
    return { name, binDir, version };
  } catch {
    throw new Error(
      `the ${name} release of git-annex is not in ${binDir}: run script/install-git-annex, ` +
        'or set ANNEX_ORACLE_PREFIX to where it was run before, ' +
        'or leave these tests out with ANNEXUS_WITHOUT_GIT_ANNEX=1 (not in CI)',
    );
  }
}
