// `annexus shell` behind a real sshd, used by stock clients of both releases: the repository itself, a proxied node and
// the cluster, and access that an administrator restricts. One world for each release, since making one takes its time.
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { releases, runIn, withTempDir, type Ran, type Release } from '../support/git-annex.ts';
import { makeCluster, type Cluster } from './scenario/cluster.ts';
import { startSshAccess } from './scenario/ssh-access.ts';

interface World {
  readonly cluster: Cluster;
  /** Runs a script in the client's clone; rejects where a command fails. */
  readonly run: (script: string) => Promise<Ran>;
  /** Runs a script that is to fail, and gives all that it printed. */
  readonly fails: (script: string) => Promise<string>;
}

test.concurrent.each(releases().map((release) => ({ name: release.name, release })))(
  'what a client of the $name release does over ssh',
  async ({ release }) => {
    await withShell(release, async (world) => {
      await copyAndGet(world);
      await countCopies(world);
      await lockCopies(world);
      await restrict(world);
      const remote = release.name === 'stable' ? 'origin-node1' : 'origin-mycluster';
      expect(await testRemote(world, remote)).toBe('');
    });
  },
);

async function copyAndGet({ run, fails }: World): Promise<void> {
  for (const remote of ['origin', 'origin-node1', 'origin-mycluster']) {
    await run(`
      git annex copy --quiet --to ${remote} .
      git annex drop --quiet --force .
      git annex get --quiet --from ${remote} .
      git annex fsck --quiet --fast --from ${remote} .
      git annex drop --quiet --force --from ${remote} .`);
    expect(await fails(`git annex checkpresentkey $(git annex lookupkey small) ${remote}`)).toBe('');
  }
  await run('git annex fsck --quiet .');
  expect((await run('git annex whereis small')).stdout).toContain('whereis small (1 copy)');
}

async function countCopies({ cluster, run }: World): Promise<void> {
  await run('git annex copy --quiet --to origin-mycluster . && git annex move --quiet --to origin .');
  expect((await run('git annex whereis "large file"')).stdout).toContain('(4 copies)');
  // Each repository says the same of itself: what was stored was recorded where it was stored.
  const checked = await cluster.gateway.annex(['fsck', '--all', '--quiet']);
  expect(checked).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  for (const node of cluster.nodes) {
    expect((await node.annex(['whereis', '--all'])).stdout).toContain(`${node.uuid} -- ${node.name} [here]`);
  }
}

async function lockCopies({ run, fails }: World): Promise<void> {
  await run(
    'git annex get --quiet small && git annex numcopies 5 && git annex drop --quiet --from origin-node2 --force small',
  );
  expect(await fails('git annex drop small')).toContain('Could only verify the existence of 3 out of 5');
  await run('git annex numcopies 3 && git annex drop --quiet small && git annex numcopies 1');
  await run('git annex drop --quiet --from origin small');
}

async function restrict({ cluster, run, fails }: World): Promise<void> {
  const at = async (host: string): Promise<void> => {
    await run(`git remote set-url origin ssh://${host}${cluster.gateway.dir}`);
  };
  await run('git annex get --quiet . && git annex copy --quiet --to origin "large file"');
  // From here on the shell is the forced command's.
  await run('git config --unset remote.origin.annex-shell');
  await at('readonly');
  expect(await fails('git annex copy --to origin small')).toContain(
    'this repository is read-only; write access denied',
  );
  await run(
    'git annex drop --force --quiet "large file" && git annex get --quiet --from origin "large file"',
  );
  await at('appendonly');
  await run('git annex copy --quiet --to origin small');
  expect(await fails('git annex drop --force --from origin small')).toContain(
    'this repository is append-only; removal denied',
  );
  await at('only');
  await run('git fetch --quiet && git annex fsck --quiet --fast --from origin small');
  await at('elsewhere');
  expect(await fails('git fetch')).toContain(`elsewhere not ${cluster.gateway.dir}`);
  expect(await fails('git annex fsck --fast --from origin small')).toContain(
    `elsewhere not ${cluster.gateway.dir}`,
  );
  await at('gateway');
}

/** What it printed, where a check failed or it did not run to its end. */
async function testRemote({ run }: World, remote: string): Promise<string> {
  await run('git config remote.origin.annex-shell "$ANNEXUS_SHELL"');
  const { stdout, stderr } = await run(`git annex testremote --fast ${remote} || true`);
  const output = stdout + stderr;
  const ran = /out of (\d+) tests failed|All (\d+) tests passed/.exec(output);
  const complete = Number(ran?.[1] ?? ran?.[2] ?? 0) > 100;
  const failed = output.split('\n').filter((line) => /:\s+FAIL\b/.test(line));
  return failed.length === 0 && complete ? '' : output;
}

async function withShell(release: Release, body: (world: World) => Promise<void>): Promise<void> {
  await withTempDir(async (dir) => {
    const cluster = await makeCluster({ release, dir, bare: true });
    await mkdir(join(dir, 'ssh'));
    await using server = await startSshAccess({
      dir: join(dir, 'ssh'),
      release,
      restricted: {
        readonly: { GIT_ANNEX_SHELL_READONLY: '1' },
        appendonly: { GIT_ANNEX_SHELL_APPENDONLY: '1' },
        elsewhere: { GIT_ANNEX_SHELL_DIRECTORY: join(dir, 'elsewhere') },
        only: { GIT_ANNEX_SHELL_DIRECTORY: cluster.gateway.dir },
      },
    });
    const laptop = join(dir, 'laptop');
    const env = { ...server.clientEnv, ANNEXUS_SHELL: server.shell };
    const run: World['run'] = async (script) =>
      await runIn(laptop, ['bash', '-ec', script], { release, env });
    const fails: World['fails'] = async (script) => {
      const ran = await runIn(laptop, ['bash', '-ec', script], { release, env, allow: 'any' });
      if (ran.exitCode === 0)
        throw new Error(`${script} was to fail, and printed:\n${ran.stdout}${ran.stderr}`);
      return ran.stdout + ran.stderr;
    };
    await runIn(dir, ['git', 'clone', '--quiet', cluster.gateway.dir, laptop], { release });
    await writeFile(join(laptop, 'small'), 'small content');
    await writeFile(join(laptop, 'large file'), randomBytes(3_000_000));
    await run(`
      git remote set-url origin ssh://gateway${cluster.gateway.dir}
      git config remote.origin.annex-shell "$ANNEXUS_SHELL"
      git annex init laptop
      git fetch --quiet
      git annex add .
      git commit --quiet -m files`);
    await body({ cluster, run, fails });
  });
}
