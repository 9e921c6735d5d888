// `annexus up` as its users meet it: made again after being killed anywhere, moved, with odd names and with users; and what
// it made, looked at by real git-annex of both releases.
import { cp, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { annexusProgram, releases, runIn, startIn, withTempDir, type Running } from '../support/git-annex.ts';
import { randomFrom } from './scenario/random.ts';

const latest = releases().at(-1) ?? releases()[0];
if (latest === undefined) throw new Error('there is no git-annex');

const repositories = ['gateway.git', 'node1.git', 'node2.git', 'node3.git'];

function startUp(dir: string, args: readonly string[], env: Record<string, string> = {}): Running {
  return startIn(dir, [process.execPath, annexusProgram, 'up', '--port', '0', ...args], { env });
}

async function urlOf(up: Running): Promise<string> {
  const [, url = ''] = await up.shows(/git clone .*(http:\/\/\S+\.git)(?: |$)/m);
  return url;
}

test('killed at any moment of the making, it is made by the next run', async () => {
  const random = randomFrom(20_260_801);
  await withTempDir(async (dir) => {
    for (let round = 0; round < 8; round++) {
      const folder = `archive${round}`;
      for (let attempt = 0; attempt < 3; attempt++) {
        await using up = startUp(dir, [folder]);
        await new Promise((resolve) => setTimeout(resolve, 150 + random() * 1200));
        // All of it at once, git as well: as a power cut would.
        if (up.child.pid !== undefined) process.kill(-up.child.pid, 'SIGKILL');
        expect(await up.ended).toBe(-1);
      }
      await using up = startUp(dir, [folder]);
      await urlOf(up);
      up.child.kill('SIGTERM');
      expect(await up.ended).toBe(0);
      const gateway = join(dir, folder, 'gateway.git');
      const { stdout } = await runIn(gateway, ['git', 'annex', 'updatecluster']);
      expect(stdout).toContain('No cluster node changes for cluster: cluster');
      expect(stdout).toContain('No proxy changes to record.');
      for (const name of repositories) await runIn(join(dir, folder, name), ['git', 'fsck', '--strict']);
    }
  });
});

describe.each(releases())('what up made, looked at by git-annex of the $name release', (release) => {
  test('fsck, info and updatecluster have nothing to complain of, and commit nothing', async () => {
    await withTempDir(async (dir) => {
      await using up = startUp(dir, ['my archive']);
      const url = await urlOf(up);
      await runIn(dir, ['git', 'clone', '--quiet', url, 'laptop'], { release });
      await writeFile(join(dir, 'laptop/file'), 'x'.repeat(100_000));
      const client = 'git annex init laptop; git annex add file; git annex copy --to origin-cluster file';
      await runIn(join(dir, 'laptop'), ['bash', '-ec', client], { release });
      up.child.kill('SIGINT');
      expect(await up.ended).toBe(0);
      // Moved as a whole, the nodes are still found.
      await rename(join(dir, 'my archive'), join(dir, 'moved'));
      for (const name of repositories) {
        const cwd = join(dir, 'moved', name);
        const run = async (...argv: string[]): Promise<string> =>
          (await runIn(cwd, argv, { release })).stdout;
        const before = await run('git', 'rev-parse', 'git-annex');
        await run('git', 'annex', 'info');
        await run('git', 'annex', 'whereis', '--all');
        // In a node there is no cluster to update.
        expect(await run('git', 'annex', 'updatecluster')).toMatch(/No proxy changes to record/);
        expect(await run('git', 'rev-parse', 'git-annex')).toBe(before);
        expect(await run('git', 'annex', 'fsck', '--all')).not.toMatch(/failed|fixing|warning/i);
        await run('git', 'fsck', '--strict');
      }
      await using again = startUp(dir, ['moved']);
      await urlOf(again);
      expect(again.stdout()).toContain('Serving a gateway');
    });
  });

  test('users with a password: git, git-annex, and those who may only read', async () => {
    await withTempDir(async (dir) => {
      const env = {
        GIT_ANNEX_P2PHTTP_PASSWORD_alice: 'se cret',
        GIT_ANNEX_P2PHTTP_PASSWORD_bob: 'hidden',
        GIT_ANNEX_P2PHTTP_PERMISSIONS_bob: 'readonly',
      };
      await using up = startUp(dir, ['archive', '--authenv-http'], env);
      const url = await urlOf(up);
      const as = (user: string, password: string): Record<string, string> => ({
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'credential.helper',
        GIT_CONFIG_VALUE_0: `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' '${user}' '${password}'; }; f`,
      });
      const alice = { release, env: as('alice', 'se cret') };
      const bob = { release, env: as('bob', 'hidden') };
      expect(
        (await runIn(dir, ['git', 'clone', url, 'nobody'], { release, allow: 'any' })).exitCode,
      ).not.toBe(0);
      await runIn(dir, ['git', 'clone', '--quiet', url, 'laptop'], alice);
      const laptop = join(dir, 'laptop');
      await writeFile(join(laptop, 'file'), 'y'.repeat(50_000));
      const work = [
        'git annex init laptop',
        'git annex add file',
        "git commit -q -m 'a file'",
        'git annex push --no-content',
        'git push -q origin main git-annex:synced/git-annex',
        'git annex copy --to origin-cluster file',
        'git annex drop file',
        'git annex get file',
      ];
      await runIn(laptop, ['bash', '-ec', work.join('\n')], alice);
      await runIn(dir, ['git', 'clone', '--quiet', url, 'reader'], bob);
      const reader = join(dir, 'reader');
      await runIn(reader, ['bash', '-ec', 'git annex init reader; git annex get file'], bob);
      await writeFile(join(reader, 'more'), 'z');
      await runIn(reader, ['bash', '-ec', "git annex add more; git commit -q -m 'more'"], bob);
      const refused = [
        ['git', 'push', 'origin', 'HEAD:main'],
        ['git', 'annex', 'copy', '--to', 'origin-cluster', 'more'],
        ['git', 'annex', 'drop', '--force', '--from', 'origin-cluster', 'file'],
      ];
      for (const argv of refused) {
        const { exitCode } = await runIn(reader, argv, { ...bob, allow: 'any' });
        expect([...argv, exitCode]).not.toEqual([...argv, 0]);
      }
      await runIn(laptop, ['git', 'annex', 'fsck', '--from', 'origin-cluster', 'file'], alice);
    });
  });
});

test('names with spaces, signs and letters of other alphabets can be cloned', async () => {
  await withTempDir(async (dir) => {
    for (const name of ['mein Archiv', 'ärchive (größer) 100%', "it's;$HOME#?", '-x']) {
      await using up = startUp(dir, ['--', `./${name}`]);
      const url = await urlOf(up);
      // As printed, in a shell.
      const [, clone = ''] = /^ {2}(git clone .*)$/m.exec(up.stdout()) ?? [];
      const [, change = ''] = /^ {2}(cd .*) && git annex init$/m.exec(up.stdout()) ?? [];
      const into = join(dir, `for ${name.length}`);
      await mkdir(into);
      const { stdout } = await runIn(into, [
        'bash',
        '-ec',
        `${clone}\n${change}\ngit annex init\ngit remote -v`,
      ]);
      expect(stdout).toContain(url);
      expect(await readdir(into)).toEqual([name]);
    }
  });
});

test('what is there is served as it is, and what is no gateway is left alone', async () => {
  await withTempDir(async (dir) => {
    await runIn(dir, ['git', 'init', '--quiet', 'mine']);
    await runIn(join(dir, 'mine'), ['git', 'annex', 'init', 'mine']);
    const before = await runIn(join(dir, 'mine'), ['git', 'config', '--list', '--local']);
    for (const path of ['mine', 'mine/.git']) {
      await using up = startUp(dir, [path]);
      expect(await urlOf(up)).toMatch(/\/mine\.git$/);
    }
    expect(await runIn(join(dir, 'mine'), ['git', 'config', '--list', '--local'])).toEqual(before);
    await mkdir(join(dir, 'full'));
    await cp(join(dir, 'mine/.git/config'), join(dir, 'full/config'));
    const fail = async (args: readonly string[]): Promise<string> => {
      const argv = [process.execPath, annexusProgram, 'up', '--port', '0', ...args];
      const { stderr, stdout } = await runIn(dir, argv, { allow: [1] });
      expect(stdout).toBe('');
      return stderr;
    };
    expect(await fail(['full'])).toMatch(
      /^annexus: \S+\/full holds neither an annex nor a gateway\.git, .*\n$/,
    );
    expect(await readdir(join(dir, 'full'))).toEqual(['config']);
    expect(await fail(['x', '--bind', '0.0.0.0'])).toMatch(/^annexus: 0\.0\.0\.0 can be reached .*\n$/);
    expect(await readdir(dir)).not.toContain('x');
  });
});
