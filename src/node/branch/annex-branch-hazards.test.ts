// What goes wrong around the git-annex branch: pushes at bad moments, damage, objects pruned, odd things in the journal.
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Event } from '../../types/event.ts';
import { systemClock } from '../clock.ts';
import { openGitRepository } from '../git/git-repository.ts';
import { AnnexBranch } from './annex-branch.ts';

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'annexus-hazards-')));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let count = 0;

interface Opened {
  readonly dir: string;
  readonly branch: AnnexBranch;
  readonly events: Event[];
  /** Somebody else commits one file on top of the branch, as a push does. */
  readonly push: (path: string, content: string) => void;
}

async function withBranch(body: (opened: Opened) => Promise<void>): Promise<void> {
  const dir = join(scratch, `repo${count++}`);
  const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const git = (args: string[], input = '', env: Record<string, string> = {}): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: dir,
      input,
      encoding: 'utf8',
      env: { ...environment, ...env },
    }).trim();
  execFileSync('git', ['init', '-q', '--bare', dir]);
  const repository = await openGitRepository(dir);
  const events: Event[] = [];
  const branch = await AnnexBranch.open(repository, {
    clock: systemClock,
    events: (event) => void events.push(event),
  });
  const push = (path: string, content: string): void => {
    const own = { GIT_INDEX_FILE: join(dir, 'index-of-the-other') };
    git(['read-tree', 'git-annex'], '', own);
    const blob = git(['hash-object', '-w', '--stdin'], content);
    git(['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], '', own);
    const commit = git(['commit-tree', '-p', 'git-annex', '-m', 'pushed', git(['write-tree'], '', own)]);
    git(['update-ref', 'refs/heads/git-annex', commit]);
  };
  try {
    await body({ dir, branch, events, push });
  } finally {
    await branch.close();
    await repository.close();
  }
}

const addLine = (line: string) => (old: string | undefined) => `${old ?? ''}${line}\n`;

test.each([true, false])(
  'a push between a change and its commit is not undone (index: %s)',
  async (index) => {
    await withBranch(async ({ dir, branch, push }) => {
      await branch.change('a.log', addLine('one'));
      await branch.commit();
      if (!index) rmSync(join(dir, 'annex/index'));
      await branch.change('a.log', addLine('two'));
      push('a.log', 'one\npushed\n');
      await branch.commit();
      expect(await branch.read('a.log')).toBe('one\npushed\ntwo\n');
      await branch.change('a.log', addLine('three'));
      await branch.commit();
      expect(await branch.read('a.log')).toBe('one\npushed\ntwo\nthree\n');
    });
  },
);

test('a damaged index is made anew, and said', async () => {
  await withBranch(async ({ dir, branch, events }) => {
    await branch.change('a.log', addLine('one'));
    await branch.commit();
    for (const damage of ['not an index at all', 'DIRC\0\0\0\x02\0\0\0\x05', '']) {
      writeFileSync(join(dir, 'annex/index'), damage, 'latin1');
      await branch.change('b.log', addLine('more'));
      await branch.commit();
      expect(await branch.isClean()).toBe(true);
    }
    expect(await branch.read('a.log')).toBe('one\n');
    expect(await branch.read('b.log')).toBe('more\nmore\nmore\n');
    expect(events.filter(({ type }) => type === 'warning').length).toBeGreaterThanOrEqual(2);
  });
});

test('a commit that failed is tried again from the beginning', async () => {
  await withBranch(async ({ dir, branch }) => {
    await branch.change('a.log', addLine('one'));
    const journal = join(dir, 'annex/journal/a.log');
    utimesSync(journal, 1, 1);
    const hook = join(dir, 'hooks/reference-transaction');
    writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await expect(branch.commit()).rejects.toThrow();
    rmSync(hook);
    // Nothing refers to what was written, so git may prune it.
    rmSync(join(dir, 'annex/index'));
    execFileSync('git', ['-C', dir, 'prune', '--expire=now']);
    await branch.commit();
    expect(await branch.read('a.log')).toBe('one\n');
    expect(execFileSync('git', ['-C', dir, 'fsck', '--no-dangling'], { encoding: 'utf8' })).toBe('');
  });
});

test('what is no file of the branch may lie in the journal', async () => {
  await withBranch(async ({ dir, branch }) => {
    await branch.change('a.log', addLine('one'));
    mkdirSync(join(dir, 'annex/journal/b.log'));
    execFileSync('mkfifo', [join(dir, 'annex/journal/c.log')]);
    for (const name of ['_', '__', '..', '_.git_config', '.git_config'].filter((one) => one !== '..')) {
      writeFileSync(join(dir, 'annex/journal', name), 'odd\n');
    }
    expect(await branch.read('b.log')).toBeUndefined();
    expect(await branch.read('c.log')).toBeUndefined();
    await branch.commit();
    expect(await branch.read('a.log')).toBe('one\n');
    expect(readdirSync(join(dir, 'annex/journal'))).not.toContain('a.log');
    expect(execFileSync('git', ['-C', dir, 'fsck', '--no-dangling'], { encoding: 'utf8' })).toBe('');
  });
});
