import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { locationLogPath } from '../../logs/branch-path.ts';
import type { Event } from '../../types/event.ts';
import { parseKey } from '../../types/key.ts';
import { parseUUID } from '../../types/uuid.ts';
import { systemClock } from '../clock.ts';
import { openGitRepository } from '../git/git-repository.ts';
import { AnnexBranch } from './annex-branch.ts';
import { BranchLocationLog } from './branch-location-log.ts';
import { CommitScheduler } from './commit-scheduler.ts';

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'annexus-branch-')));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
let count = 0;

interface Opened {
  readonly dir: string;
  readonly branch: AnnexBranch;
  readonly events: Event[];
  readonly git: (...args: string[]) => string;
}

async function withBranch(body: (opened: Opened) => Promise<void>): Promise<void> {
  const dir = join(scratch, `repo${count++}`);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: dir,
      encoding: 'utf8',
      env: environment,
    }).trim();
  execFileSync('git', ['init', '-q', '--bare', dir]);
  git('config', 'annex.uuid', 'cccccccc-1111-4111-8111-111111111111');
  const repository = await openGitRepository(dir);
  const events: Event[] = [];
  const branch = await AnnexBranch.open(repository, {
    clock: systemClock,
    events: (event) => void events.push(event),
  });
  try {
    await body({ dir, branch, events, git });
  } finally {
    await branch.close();
    await repository.close();
  }
}

test('a key whose name is too long is logged nowhere, and can be asked for', async () => {
  await withBranch(async ({ branch }) => {
    const log = new BranchLocationLog(branch);
    const uuid = parseUUID('cccccccc-1111-4111-8111-222222222222')!;
    for (const name of ['a'.repeat(5000), '_'.repeat(150)]) {
      const key = parseKey(`WORM--${name}`)!;
      expect(await log.locations(key)).toEqual([]);
      await log.logChange(key, { present: [], missing: [uuid] });
      await expect(log.logChange(key, { present: [uuid], missing: [] })).rejects.toThrow('cannot be logged');
    }
    expect(await branch.read('a'.repeat(5000))).toBeUndefined();
  });
});

const addLine = (line: string) => (old: string | undefined) => `${old ?? ''}${line}\n`;

describe('AnnexBranch', () => {
  test('is made, changed, read and committed', async () => {
    await withBranch(async ({ dir, branch, git, events }) => {
      expect(git('log', '--format=%s', 'git-annex')).toBe('branch created');
      expect(await branch.read('uuid.log')).toBeUndefined();
      expect(await branch.change('uuid.log', addLine('one'))).toBe(true);
      expect(await branch.change('uuid.log', () => undefined)).toBe(false);
      expect(await branch.change('uuid.log', (old) => old)).toBe(false);
      expect(await branch.read('uuid.log')).toBe('one\n');
      expect(readdirSync(join(dir, 'annex/journal'))).toEqual(['uuid.log']);
      await branch.commit();
      await branch.commit();
      expect(readdirSync(join(dir, 'annex/journal'))).toEqual([]);
      expect(readdirSync(join(dir, 'annex/othertmp'))).toEqual([]);
      expect(await branch.read('uuid.log')).toBe('one\n');
      expect(git('log', '--format=%s', 'git-annex')).toBe('update\nbranch created');
      expect(events).toMatchObject([
        { type: 'branch-committed', files: 1, commit: git('rev-parse', 'git-annex') },
      ]);
    });
  });

  test('hundreds of concurrent changes, to one file and to many, with bytes of any kind in the names', async () => {
    await withBranch(async ({ branch, git }) => {
      const commits: Promise<void>[] = [];
      await Promise.all(
        Array.from({ length: 300 }, async (_, at) => {
          await branch.changeMany(
            new Map([
              ['uuid.log', addLine(`line ${at}`)],
              [`abc/def/K--${at}_\xff\x80.log`, addLine(`own ${at}`)],
            ]),
          );
          if (at % 40 === 0) commits.push(branch.commit());
        }),
      );
      await Promise.all(commits);
      await branch.commit();
      expect((await branch.read('uuid.log'))?.split('\n')).toHaveLength(301);
      expect(await branch.read('abc/def/K--7_\xff\x80.log')).toBe('own 7\n');
      const listed: string[] = [];
      for await (const path of branch.list()) listed.push(path);
      expect(listed).toHaveLength(301);
      expect(listed).toContain('abc/def/K--7_\xff\x80.log');
      expect(git('fsck', '--strict', '--no-dangling')).toBe('');
    });
  });

  test('a change that throws changes nothing, and the others go on', async () => {
    await withBranch(async ({ branch }) => {
      const failing = branch.changeMany(
        new Map([
          ['a.log', addLine('a')],
          [
            'b.log',
            () => {
              throw new Error('no');
            },
          ],
        ]),
      );
      const going = branch.change('b.log', addLine('b'));
      await expect(failing).rejects.toThrow('no');
      expect(await going).toBe(true);
      expect(await branch.read('a.log')).toBeUndefined();
      await expect(branch.change('../x', addLine('b'))).rejects.toMatchObject({ code: 'invariant' });
      expect(await branch.read('../x')).toBeUndefined();
    });
  });

  test('the disk refusing is an error, not a loss', async () => {
    await withBranch(async ({ dir, branch }) => {
      writeFileSync(join(dir, 'annex/journal'), 'in the way');
      await expect(branch.change('a.log', addLine('a'))).rejects.toThrow(/journal/);
      rmSync(join(dir, 'annex/journal'));
      expect(await branch.change('a.log', addLine('a'))).toBe(true);
    });
  });

  test('a line cut off in the journal does not count', async () => {
    await withBranch(async ({ dir, branch }) => {
      await branch.change('a.log', addLine('whole'));
      appendFileSync(join(dir, 'annex/journal/a.log'), 'hal');
      expect(await branch.read('a.log')).toBe('whole\n');
    });
  });

  test('a commit that somebody makes at the same moment is merged', async () => {
    await withBranch(async ({ dir, branch, git }) => {
      await branch.change('a.log', addLine('one'));
      await branch.commit();
      await branch.change('a.log', addLine('two'));
      // Moves the branch just before ours would, once.
      const other = git('commit-tree', git('mktree', '--missing'), '-p', 'git-annex', '-m', 'other');
      const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], {
        cwd: dir,
        input: 'three\n',
        encoding: 'utf8',
      });
      const tree = execFileSync('git', ['mktree'], {
        cwd: dir,
        input: `100644 blob ${blob.trim()}\ta.log\n`,
        encoding: 'utf8',
      });
      const outside = git('commit-tree', tree.trim(), '-p', other, '-m', 'outside');
      const hook = join(dir, 'hooks/reference-transaction');
      writeFileSync(
        hook,
        `#!/bin/sh\n[ "$1" = prepared ] && [ ! -e once ] || exit 0\ntouch once\nrm hooks/reference-transaction\nrm -f refs/heads/git-annex.lock\necho ${outside} > refs/heads/git-annex\nexit 1\n`,
        { mode: 0o755 },
      );
      await branch.commit();
      expect(existsSync(hook)).toBe(false);
      expect(await branch.read('a.log')).toBe('one\nthree\ntwo\n');
      expect(git('log', '-1', '--format=%s', 'git-annex')).toMatch(/^update \(recovery from race #1; /);
      expect(git('merge-base', '--is-ancestor', outside, 'git-annex')).toBe('');
      expect(readFileSync(join(dir, 'annex/index.lck'), 'latin1').trim()).toBe(git('rev-parse', 'git-annex'));
    });
  });

  test('a lost or stale index costs nothing', async () => {
    await withBranch(async ({ dir, branch }) => {
      await branch.change('a.log', addLine('one'));
      await branch.commit();
      rmSync(join(dir, 'annex/index'));
      writeFileSync(join(dir, 'annex/index.lock'), 'of a git that died');
      await branch.change('b.log', addLine('two'));
      await branch.commit();
      rmSync(join(dir, 'annex/index.lck'));
      await branch.change('b.log', addLine('three'));
      await branch.commit();
      expect(await branch.read('a.log')).toBe('one\n');
      expect(await branch.read('b.log')).toBe('two\nthree\n');
    });
  });

  test('annex.commitmessage and annex.merge-annex-branches are heeded', async () => {
    await withBranch(async ({ branch, git }) => {
      await branch.repository.setConfig('annex.commitmessage', 'mine');
      await branch.repository.setConfig('annex.merge-annex-branches', 'false');
      await branch.change('a.log', addLine('one'));
      git(
        'update-ref',
        'refs/heads/synced/git-annex',
        git('commit-tree', 'git-annex^{tree}', '-p', 'git-annex', '-m', 'x'),
      );
      await branch.update();
      await branch.commit();
      expect(git('log', '--format=%s', 'git-annex')).toBe('mine\nbranch created');
      await branch.repository.setConfig('annex.merge-annex-branches', undefined);
      await branch.update();
      expect(git('log', '-1', '--format=%s', 'git-annex')).toBe('mine');
      expect(git('log', '--merges', '--format=%H', 'git-annex')).not.toBe('');
    });
  });
});

describe('CommitScheduler', () => {
  test('commits once for what gathers, what was left before, and the rest at the end', async () => {
    await withBranch(async ({ branch, events, git }) => {
      await branch.change('a.log', addLine('left behind'));
      const scheduler = new CommitScheduler(branch, { events: () => undefined, delayMs: 30 });
      for (let at = 0; at < 5; at++) await branch.change('a.log', addLine(`${at}`));
      await expect.poll(() => events.length, { timeout: 5000 }).toBe(1);
      await branch.change('b.log', addLine('last'));
      await scheduler.close();
      expect(events).toHaveLength(2);
      expect(git('show', 'git-annex:b.log')).toBe('last');
    });
  });

  test('leaves the journal where annex.alwayscommit is false', async () => {
    await withBranch(async ({ branch, events }) => {
      await branch.repository.setConfig('annex.alwayscommit', 'false');
      const scheduler = new CommitScheduler(branch, { events: () => undefined, delayMs: 1 });
      await branch.change('a.log', addLine('one'));
      await scheduler.close();
      expect(events).toEqual([]);
      expect(await branch.isClean()).toBe(false);
    });
  });
});

describe('BranchLocationLog', () => {
  const key = parseKey('SHA256E-s3--98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4')!;
  const node = parseUUID('aaaaaaaa-1111-4111-8111-111111111111')!;
  const other = parseUUID('bbbbbbbb-1111-4111-8111-111111111111')!;
  const cluster = parseUUID('acb3571a-ec69-8bab-b7cf-2ba419bcc566')!;

  test('adds clusters and leaves out the dead, as the logs say at the moment', async () => {
    await withBranch(async ({ branch }) => {
      const log = new BranchLocationLog(branch);
      expect(await log.locations(key)).toEqual([]);
      await log.logChange(key, { present: [node, other, cluster], missing: [] });
      expect(await branch.read(locationLogPath(key))).not.toContain(cluster);
      expect(await log.locations(key)).toEqual([node, other]);
      await branch.change('cluster.log', addLine(`1s ${cluster} ${node}`));
      expect(await log.locations(key)).toEqual([cluster, node, other]);
      await branch.commit();
      expect(await log.locations(key)).toEqual([cluster, node, other]);
      expect(await log.deadLocations(key)).toEqual([]);
      await branch.change('trust.log', addLine(`${node} X timestamp=1s`));
      expect(await log.locations(key)).toEqual([other]);
      expect(await log.deadLocations(key)).toEqual([node]);
      await log.logChange(key, { present: [], missing: [other] });
      expect(await log.locations(key)).toEqual([]);
    });
  });
});
