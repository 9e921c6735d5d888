// The commands of `annexus shell` beside p2pstdio against real git-annex-shell; and how p2pstdio ends: with locks that
// were not unlocked, by a signal, and with everything recorded.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { annexusProgram, runIn, startIn, withTempDir, type Ran, type Running } from '../support/git-annex.ts';
import { latestRelease } from './scenario/world.ts';

const shell = [process.execPath, annexusProgram, 'shell'];
const client = '11111111-1111-4111-8111-111111111111';
const foo = 'SHA256-s3--2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
const bar = 'SHA256-s3--fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9';

/** An annex `r` with one present key, and git repositories `plain` and `bare.git` that are no annexes. */
async function withRepositories(body: (dir: string) => Promise<void>): Promise<void> {
  await withTempDir(async (dir) => {
    const script = `
      for name in r plain; do git init --quiet $name; done
      git init --quiet --bare bare.git
      cd r; git annex init r; printf foo >foo; git annex add --backend SHA256 foo; git commit --quiet -m foo`;
    await runIn(dir, ['bash', '-ec', script], { release: latestRelease() });
    await body(dir);
  });
}

const readOnly = { GIT_ANNEX_SHELL_READONLY: '1' };
const appendOnly = { GIT_ANNEX_SHELL_APPENDONLY: '1' };
const limited = { GIT_ANNEX_SHELL_LIMITED: '1' };

/** Words after the program's name, `@` standing for the directory of the repositories, and the environment. */
const rows: readonly (readonly [words: readonly string[], env?: Readonly<Record<string, string>>])[] = [
  [[]],
  [['p2pstdio']],
  [['p2pstdio', '@/r']],
  [['p2pstdio', '@/r', client, '--uuid', 'x']],
  [['p2pstdio', '@/r', client, 'more']],
  [['p2pstdio', '@/plain', client]],
  [['p2pstdio', '@/plain', client, '--uuid', 'x']],
  [['p2pstdio', '@/nowhere', client]],
  [['configlist', '@/r']],
  [['configlist', '@/bare']],
  [['configlist', '@/plain']],
  [['configlist', '@/plain', '--uuid', 'x']],
  [['configlist', '@/r', '--uuid', 'x']],
  [['configlist', '@/r', '--debug-not']],
  [['configlist', '@/r', 'more']],
  [['configlist', '@/r'], { ...readOnly, ...limited }],
  [['configlist', '@/plain', '--', 'autoinit=2', '--']],
  [['-c', '-c', 'configlist', '@/r']],
  [['-c', "git-annex-shell 'configlist' '@/r'"]],
  [['-c', "configlist '@/r'"]],
  [['inannex', '@/r', 'bogus']],
  [['inannex', '@/r', bar]],
  [['inannex', '@/r', foo]],
  [['inannex', '@/r', foo, bar]],
  [['inannex', '@/r']],
  [['dropkey', '@/r', bar]],
  [['dropkey', '@/r', bar, '--force']],
  [['dropkey', '@/r', foo, '--force'], readOnly],
  [['dropkey', '@/r', foo, '--force'], appendOnly],
  [['recvkey', '@/r', foo], readOnly],
  [['gcryptsetup', '@/plain', ':id:x']],
  [['gcryptsetup', '@/r', ':id:x']],
  [['gcryptsetup', '@/r', ':id:x'], appendOnly],
  [['-c', "git-upload-pack '@/r'"]],
  [['-c', "git-upload-pack '@/r'"], limited],
  [['-c', "git-receive-pack '@/r'"], readOnly],
  [['-c', "rm '@/r'"]],
  [['configlist', '@/r'], { GIT_ANNEX_SHELL_DIRECTORY: '@/r/' }],
  [['configlist', '@/r'], { GIT_ANNEX_SHELL_DIRECTORY: '@/plain' }],
  [['configlist', '~/r'], { GIT_ANNEX_SHELL_DIRECTORY: '@/r' }],
  [['configlist', 'r'], { GIT_ANNEX_SHELL_DIRECTORY: '/~/x' }],
  [['-c', "git-upload-pack '@/plain'"], { GIT_ANNEX_SHELL_DIRECTORY: '@/r' }],
  [['-c', 'git-upload-pack'], { GIT_ANNEX_SHELL_DIRECTORY: '@/r' }],
];

test('exit status, standard output and the first complaint are those of git-annex-shell', async () => {
  await withRepositories(async (dir) => {
    const run = async (
      program: readonly string[],
      [words, env = {}]: (typeof rows)[number],
    ): Promise<Ran> => {
      const here = (text: string): string => text.replaceAll('@', dir);
      const set = Object.entries({ HOME: dir, ...env }).map(([name, value]) => [name, here(value)]);
      return await runIn(dir, [...program, ...words.map(here)], {
        release: latestRelease(),
        env: Object.fromEntries(set) as Record<string, string>,
        allow: 'any',
        timeoutMs: 20_000,
      });
    };
    const essence = ({ exitCode, stdout, stderr }: Ran): unknown => ({
      exitCode,
      stdout,
      // Without the program's name, and what we add to say why.
      complaint: (stderr.split('\n')[0] ?? '')
        .replace(/^git-annex(-shell)?: /, '')
        .replace(/ \(no git repository.*\)$/, ''),
    });
    const differing: Record<string, unknown> = {};
    for (const row of rows) {
      const [theirs, ours] = await Promise.all([run(['git-annex-shell'], row), run(shell, row)]);
      if (JSON.stringify(essence(ours)) !== JSON.stringify(essence(theirs)))
        differing[JSON.stringify(row)] = { ours, theirs };
    }
    expect(differing).toEqual({});
  });
});

test('configlist makes an annex where it is asked to or where one was pushed', async () => {
  await withRepositories(async (dir) => {
    const release = latestRelease();
    const blocked = await runIn(dir, [...shell, 'configlist', join(dir, 'plain'), '--', 'autoinit=1', '--'], {
      env: readOnly,
      allow: 'any',
    });
    expect(blocked).toMatchObject({
      exitCode: 1,
      stderr: 'git-annex-shell: Action blocked by GIT_ANNEX_SHELL_READONLY\n',
    });
    const made = await runIn(dir, [...shell, 'configlist', join(dir, 'plain'), '--', 'autoinit=1', '--']);
    const uuid = (await runIn(join(dir, 'plain'), ['git', 'config', 'annex.uuid'])).stdout.trim();
    expect(made.stdout).toBe(`annex.uuid=${uuid}\ncore.gcrypt-id=\n`);
    expect((await runIn(join(dir, 'plain'), ['git', 'annex', 'info', '--fast'], { release })).exitCode).toBe(
      0,
    );
    await runIn(join(dir, 'r'), ['git', 'push', '--quiet', '../bare.git', 'git-annex:synced/git-annex']);
    const pushed = await runIn(dir, [...shell, 'configlist', join(dir, 'bare.git')]);
    expect(pushed.stdout).toMatch(/^annex\.uuid=[0-9a-f-]{36}\n/);
  });
});

test('notifychanges tells of refs that changed, until it is hung up', async () => {
  await withRepositories(async (dir) => {
    const repository = join(dir, 'r');
    await using shellRunning = startIn(dir, [...shell, 'notifychanges', repository]);
    await shellRunning.shows(/^READY$/m);
    await runIn(repository, ['git', 'commit', '--quiet', '--allow-empty', '-m', 'next']);
    const sha = (await runIn(repository, ['git', 'rev-parse', 'HEAD'])).stdout.trim();
    await shellRunning.shows(new RegExp(`^CHANGED ${sha}$`, 'm'));
    await runIn(repository, ['git', 'branch', 'a/b/c', 'HEAD']);
    await shellRunning.shows(new RegExp(`^CHANGED ${sha}\nCHANGED ${sha}$`, 'm'));
    shellRunning.child.stdin?.end();
    expect(await shellRunning.ended).toBe(0);
  });
});

test('a signal ends the conversation, and what was stored is recorded', async () => {
  await withRepositories(async (dir) => {
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      const content = signal === 'SIGTERM' ? 'bar' : 'baz';
      const key = content === 'bar' ? bar : `WORM-s3--${content}`;
      await using running = converse(dir, `VERSION 4\nPUT  ${key}\nDATA 3\n${content}VALID\n`);
      await running.shows(/^SUCCESS$/m);
      running.child.kill(signal);
      expect(await running.ended).toBe(1);
      expect(running.stderr()).toContain(`ended by ${signal}`);
      const found = await runIn(join(dir, 'r'), ['git', 'annex', 'whereis', '--key', key], {
        release: latestRelease(),
      });
      expect(found.stdout).toContain('[here]');
      expect(await readdir(join(dir, 'r/.git/annex/journal'))).toEqual([]);
    }
  });
});

test('a lock outlives its conversation: real git-annex cannot drop', async () => {
  await withRepositories(async (dir) => {
    await using running = converse(dir, `VERSION 4\nLOCKCONTENT ${foo}\n`);
    await running.shows(/^SUCCESS$/m);
    running.child.stdin?.end();
    expect(await running.ended).toBe(0);
    const release = latestRelease();
    const dropped = await runIn(join(dir, 'r'), ['git', 'annex', 'drop', '--force', 'foo'], {
      release,
      allow: 'any',
    });
    expect(dropped).toMatchObject({ exitCode: 1 });
    expect(dropped.stderr).toContain('content is locked');
  });
});

test('in a repository of version 8 a process stays to keep it', async () => {
  await withRepositories(async (dir) => {
    await runIn(join(dir, 'r'), ['git', 'config', 'annex.version', '8']);
    await using running = converse(dir, `VERSION 4\nLOCKCONTENT ${foo}\n`);
    await running.shows(/^SUCCESS$/m);
    running.child.stdin?.end();
    expect(await running.ended).toBe(0);
    const keeper = await findKeeper(dir);
    try {
      const words = [...shell, 'p2pstdio', join(dir, 'r'), client];
      const refused = await runIn(dir, words, { input: `REMOVE ${foo}\n` });
      expect(refused.stdout).toContain('\nFAILURE\n');
      process.kill(keeper, 'SIGKILL');
      await gone(keeper);
      expect((await runIn(dir, words, { input: `REMOVE ${foo}\n` })).stdout).toContain('\nSUCCESS\n');
    } finally {
      if (await isAlive(keeper)) process.kill(keeper, 'SIGKILL');
    }
  });
});

/** Says this and then waits. */
function converse(dir: string, said: string): Running {
  const running = startIn(dir, [...shell, 'p2pstdio', join(dir, 'r'), client]);
  running.child.stdin?.write(said);
  return running;
}

async function findKeeper(dir: string): Promise<number> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (words.includes('lock-keeper') && words.includes(dir)) return Number(pid);
  }
  throw new Error('no process keeps the lock');
}

async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return !/\) [ZX]/.test(stat);
}

async function gone(pid: number): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (await isAlive(pid)) {
    if (performance.now() > deadline) throw new Error(`${pid} does not end`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
