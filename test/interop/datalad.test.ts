// DataLad against `annexus serve`, as users of a forge come: what they make and what others made goes to and fro, with passwords from
// a credential helper of git's, and what a user may not do is refused.
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { releases, runIn, withTempDir, type Ran } from '../support/git-annex.ts';
import { annexus, credentialHelper, htpasswd, startSite, type passwords } from './scenario/served-site.ts';

const isInstalled = spawnSync('datalad', ['--version']).status === 0;
const { CI } = process.env;

test('DataLad is installed (Debian: apt-get install datalad)', ({ skip }) => {
  skip(!isInstalled && (CI ?? '') === '', 'it is not, and this is not CI');
  expect(isInstalled).toBe(true);
});

describe.runIf(isInstalled).concurrent.each(releases())('DataLad with git-annex $name', (release) => {
  test('makes a dataset, pushes, clones, gets and drops', async () => {
    await withTempDir(async (dir) => {
      const as = async (user: keyof typeof passwords, script: string, allow?: 'any'): Promise<Ran> => {
        const env = {
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: 'credential.helper',
          GIT_CONFIG_VALUE_0: credentialHelper(user),
        };
        return await runIn(dir, ['bash', '-ec', script], { release, env, ...(allow && { allow }) });
      };
      await runIn(dir, ['git', 'init', '--quiet', '--bare', 'mice.git']);
      await runIn(join(dir, 'mice.git'), [...annexus, 'init', 'forge']);
      await writeFile(join(dir, 'htpasswd'), htpasswd);
      await using site = await startSite(
        dir,
        `
repositories: { lab/mice: mice.git }
users: { htpasswd: htpasswd }
access:
  - { role: write, users: ann }
  - { role: append, users: bob }
`,
      );
      const url = `http://127.0.0.1:${site.port}/lab/mice.git`;
      const made = await as(
        'ann',
        `datalad create ann; cd ann; head -c 100000 /dev/urandom > a.dat; datalad save -m a
        datalad siblings add --name origin --url ${url}; datalad push --to origin
        datalad drop a.dat; datalad get a.dat`,
      );
      expect(made.stdout).toContain('copy(ok): a.dat (file) [to origin...]');
      expect(made.stdout).toContain('drop(ok): a.dat (file) [locking origin...]');
      expect(made.stdout).toContain('get(ok): a.dat (file) [from origin...]');

      const cloned = await as(
        'bob',
        `datalad clone ${url} bob; cd bob; datalad get .; cmp a.dat ../ann/a.dat
        echo of bob > b.dat; datalad save -m b; datalad push --to origin; datalad drop b.dat; datalad get b.dat`,
      );
      expect(cloned.stdout).toContain('copy(ok): b.dat (file) [to origin...]');
      expect(cloned.stdout).toContain('drop(ok): b.dat (file) [locking origin...]');
      const refused = await as('bob', 'cd bob; git annex drop --from origin b.dat', 'any');
      expect(`${refused.exitCode} ${refused.stderr}`).toMatch(/^1 .*403 Forbidden/s);

      const taken = await as(
        'ann',
        'cd ann; datalad update --how merge; datalad get b.dat; git annex drop --from origin b.dat; git annex whereis b.dat',
        'any',
      );
      expect(taken.stdout).toContain('get(ok): b.dat (file) [from origin...]');
      expect(taken.stdout).toMatch(/drop b\.dat \(from origin\.\.\.\) .*ok/);
    });
  });
});
