// Our code for the git-annex branch and real git-annex at work in one repository at the same time: nothing is lost,
// neither makes commits on account of the other, and each waits for the other's locks.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { AnnexBranch } from '../../src/node/branch/annex-branch.ts';
import { BranchLocationLog } from '../../src/node/branch/branch-location-log.ts';
import { CommitScheduler } from '../../src/node/branch/commit-scheduler.ts';
import { systemClock } from '../../src/node/clock.ts';
import { openGitRepository } from '../../src/node/git/git-repository.ts';
import { lockFile } from '../../src/node/lock/file-lock.ts';
import { locationLogPath } from '../../src/logs/branch-path.ts';
import type { Event } from '../../src/types/event.ts';
import { parseKey, type Key } from '../../src/types/key.ts';
import { parseUUID, type UUID } from '../../src/types/uuid.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { releases, runIn, startIn, withTempDir, type Release } from '../support/git-annex.ts';

const ourUUID = parseUUID('aaaaaaaa-1111-4111-8111-111111111111')!;
const theirUUID = parseUUID('bbbbbbbb-2222-4222-8222-222222222222')!;
const keys = Array.from(
  { length: 300 },
  (_, index): Key => parseKey(`WORM-s${index}-m1--file_${index}.dat`)!,
);

interface Opened {
  readonly dir: string;
  readonly branch: AnnexBranch;
  readonly locations: BranchLocationLog;
  readonly events: Event[];
  readonly git: (...args: string[]) => Promise<string>;
  readonly annex: (...args: string[]) => Promise<string>;
}

/** A repository that real git-annex made, opened by us as well. */
async function withRepository(release: Release, body: (opened: Opened) => Promise<void>): Promise<void> {
  await withTempDir(async (top) => {
    const dir = join(top, 'repo');
    await runIn(top, ['git', 'init', '-q', dir], { release });
    await runIn(dir, ['git', 'annex', 'init', 'one'], { release });
    await withOpened(release, dir, body);
  });
}

async function withOpened(
  release: Release,
  dir: string,
  body: (opened: Opened) => Promise<void>,
): Promise<void> {
  const run = async (argv: string[]): Promise<string> =>
    (await runIn(dir, argv, { release, timeoutMs: 100_000 })).stdout;
  const repository = await openGitRepository(dir);
  await repository.setConfig('user.name', 'tests');
  await repository.setConfig('user.email', 'tests@annexus.invalid');
  const events: Event[] = [];
  const branch = await AnnexBranch.open(repository, {
    clock: systemClock,
    events: (event) => void events.push(event),
  });
  try {
    await body({
      dir,
      branch,
      events,
      locations: new BranchLocationLog(branch),
      git: (...args) => run(['git', ...args]),
      annex: (...args) => run(['git', 'annex', ...args]),
    });
  } finally {
    await branch.close();
    await repository.close();
  }
}

/** What git-annex says of every key: its locations. */
async function whereis({ dir }: Opened, release: Release): Promise<Map<string, Set<string>>> {
  const { stdout } = await runIn(dir, ['git', 'annex', 'whereis', '--all', '--json'], {
    release,
    allow: 'any',
  });
  return new Map(
    stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const answer = JSON.parse(line) as {
          key: string;
          whereis: { uuid: string }[];
          untrusted: { uuid: string }[];
        };
        return [
          answer.key,
          new Set([...answer.whereis, ...answer.untrusted].map(({ uuid }) => uuid)),
        ] as const;
      }),
  );
}

describe.each(releases())('the branch together with git-annex $name', (release) => {
  test('hundreds of changes by each at the same time: nothing is lost', async () => {
    await withRepository(release, async (opened) => {
      const { dir, branch, locations, events, git } = opened;
      const scheduler = new CommitScheduler(branch, {
        events: (event) => void events.push(event),
        delayMs: 50,
      });
      const theirs = async (): Promise<void> => {
        // One process with many changes, beside short ones that each commit.
        const batch = runIn(dir, ['git', 'annex', 'setpresentkey', '--batch'], {
          release,
          input: keys.map((key) => `${key} ${theirUUID} 1\n`).join(''),
        });
        for (let index = 0; index < 12; index++) {
          await runIn(dir, ['git', 'annex', 'setpresentkey', `${keys[index]}`, theirUUID, '1'], { release });
          await runIn(dir, ['git', 'annex', 'merge'], { release });
        }
        await batch;
      };
      const ours = async (): Promise<void> => {
        for (let from = 0; from < keys.length; from += 20) {
          await Promise.all(
            keys
              .slice(from, from + 20)
              .map((key) => locations.logChange(key, { present: [ourUUID], missing: [] })),
          );
          await sleep(100);
        }
      };
      await Promise.all([theirs(), ours()]);
      await scheduler.close();
      await runIn(dir, ['git', 'annex', 'merge'], { release });

      const said = await whereis(opened, release);
      const lost = keys.filter((key) => !said.get(key)?.has(ourUUID) || !said.get(key)?.has(theirUUID));
      expect(lost).toEqual([]);
      const read = await Promise.all(keys.map(async (key) => [...(await locations.locations(key))].sort()));
      expect(read.every((uuids) => uuids.join() === [ourUUID, theirUUID].join())).toBe(true);
      expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
      expect(await git('fsck', '--strict', '--no-dangling')).toBe('');
    });
  });

  test('after our commit git-annex has nothing to do, nor we after its', async () => {
    await withRepository(release, async ({ dir, branch, locations, git, annex }) => {
      const tip = async (): Promise<string> => (await git('rev-parse', 'git-annex')).trim();
      await locations.logChange(keys[0]!, { present: [ourUUID], missing: [] });
      await branch.commit();
      const ourTip = await tip();
      expect(await git('log', '-1', '--format=%s', 'git-annex')).toBe('update\n');
      expect(readFileSync(join(dir, '.git/annex/index.lck'), 'latin1')).toBe(`${ourTip}\n`);
      expect(await readdir(join(dir, '.git/annex/journal'))).toEqual([]);
      await annex('merge');
      await annex('info', '--fast');
      expect(await tip()).toBe(ourTip);

      await annex('setpresentkey', keys[1]!, theirUUID, '1');
      await annex('merge');
      const theirTip = await tip();
      await branch.update();
      await branch.commit();
      expect(await tip()).toBe(theirTip);
      expect(await locations.locations(keys[1]!)).toEqual([theirUUID]);
      // Both indexes together lead to a linear history of ordinary commits.
      await locations.logChange(keys[2]!, { present: [ourUUID], missing: [] });
      await branch.commit();
      expect(await git('log', '--merges', '--format=%s', 'git-annex')).toBe('');
    });
  });

  test('a journal that one leaves is read and committed by the other', async () => {
    await withRepository(release, async ({ branch, locations, git, annex }) => {
      await locations.logChange(keys[0]!, { present: [ourUUID], missing: [] });
      await annex('merge');
      expect(await git('show', `git-annex:${locationLogPath(keys[0]!)}`)).toContain(ourUUID);
      await annex('setpresentkey', keys[1]!, theirUUID, '1', '-c', 'annex.alwayscommit=false');
      expect(await locations.locations(keys[1]!)).toEqual([theirUUID]);
      await branch.commit();
      expect(await git('show', `git-annex:${locationLogPath(keys[1]!)}`)).toContain(theirUUID);
    });
  });

  test('git-annex waits for our journal lock', async () => {
    await withRepository(release, async ({ dir, annex, locations }) => {
      const lock = await lockFile(join(dir, '.git/annex/journal.lck'), { mode: 'exclusive', create: 0o666 });
      let ended = false;
      const waiting = annex('setpresentkey', keys[0]!, theirUUID, '1').then(() => {
        ended = true;
      });
      await sleep(1500);
      expect(ended).toBe(false);
      await lock.release();
      await waiting;
      expect(await locations.locations(keys[0]!)).toEqual([theirUUID]);
    });
  });

  test('we wait for its journal lock, without stopping anything else', async () => {
    await withRepository(release, async ({ dir, locations }) => {
      // git-annex moves the branch's ref while it holds the lock; a hook makes that take long.
      const started = join(dir, 'started');
      const hook = join(dir, '.git/hooks/reference-transaction');
      writeFileSync(hook, `#!/bin/sh\n[ "$1" = prepared ] || exit 0\ntouch '${started}'\nsleep 2\n`);
      chmodSync(hook, 0o755);
      await using theirs = startIn(dir, ['git', 'annex', 'untrust', 'here'], { release });
      await vi.waitUntil(() => existsSync(started), { timeout: 20_000 });
      const asked = performance.now();
      let ticks = 0;
      const ticking = setInterval(() => ticks++, 10);
      await locations.logChange(keys[1]!, { present: [ourUUID], missing: [] });
      clearInterval(ticking);
      expect(performance.now() - asked).toBeGreaterThan(1000);
      expect(ticks).toBeGreaterThan(50);
      expect(await theirs.ended).toBe(0);
    });
  });

  test('siblings are merged as git-annex merges them', async () => {
    await withTempDir(async (top) => {
      const run = async (dir: string, ...argv: string[]): Promise<string> =>
        (await runIn(join(top, dir), argv, { release })).stdout;
      await runIn(top, ['git', 'init', '-q', 'a'], { release });
      await run('a', 'git', 'annex', 'init', 'a');
      await runIn(top, ['git', 'clone', '-q', 'a', 'b'], { release });
      await run('b', 'git', 'annex', 'init', 'b');
      for (const [index, key] of keys.slice(0, 40).entries()) {
        if (index % 4 !== 0)
          await run(
            'b',
            'git',
            'annex',
            'setpresentkey',
            key,
            theirUUID,
            '1',
            '-c',
            'annex.alwayscommit=false',
          );
      }
      await run('b', 'git', 'annex', 'merge');
      await run('a', 'git', 'remote', 'add', 'b', '../b');
      await withOpened(release, join(top, 'a'), async (opened) => {
        const { branch, locations, events, git, annex, dir } = opened;
        await Promise.all(
          keys.slice(0, 40).map(async (key, index) => {
            if (index % 3 !== 0) await locations.logChange(key, { present: [ourUUID], missing: [] });
          }),
        );
        await git('fetch', '-q', 'b');
        // The same merge by git-annex in a copy.
        await runIn(top, ['cp', '-a', 'a', 'c'], { release });
        await run('c', 'git', 'annex', 'merge');
        await branch.update();
        expect(await git('log', '-1', '--format=%s', 'git-annex')).toBe(
          'merging b/git-annex into git-annex\n',
        );
        expect(await git('rev-parse', 'git-annex^{tree}')).toBe(
          await run('c', 'git', 'rev-parse', 'git-annex^{tree}'),
        );
        expect(events.filter(({ type }) => type === 'branch-merged')).toHaveLength(1);
        const merged = await git('rev-parse', 'git-annex');
        await branch.update();
        await annex('merge');
        expect(await git('rev-parse', 'git-annex')).toBe(merged);
        expect(await locations.locations(keys[1]!)).toEqual([ourUUID, theirUUID]);
        expect(await locations.locations(keys[3]!)).toEqual([theirUUID]);
        expect(await git('fsck', '--strict', '--no-dangling')).toBe('');

        // b has seen all of a: a goes forward without a commit.
        await run('b', 'git', 'fetch', '-q', 'origin');
        await run('b', 'git', 'annex', 'setpresentkey', keys[50]!, theirUUID, '1');
        await run('b', 'git', 'annex', 'merge');
        await git('fetch', '-q', 'b');
        await branch.update();
        expect(await git('rev-parse', 'git-annex')).toBe(await run('b', 'git', 'rev-parse', 'git-annex'));
        expect(await locations.locations(keys[50]!)).toEqual([theirUUID]);
        await annex('merge');
        expect(await git('rev-parse', 'git-annex')).toBe(await run('b', 'git', 'rev-parse', 'git-annex'));
        expect(readFileSync(join(dir, '.git/annex/index.lck'), 'latin1')).toBe(
          await git('rev-parse', 'git-annex'),
        );
      });
    });
  });

  test('a forgotten history is left to git-annex', async () => {
    await withRepository(release, async ({ dir, branch, events, git, annex }) => {
      await git('branch', '-f', 'synced/git-annex', 'git-annex');
      await annex('setpresentkey', keys[0]!, theirUUID, '1');
      await branch.commit();
      await branch.update();
      await runIn(join(dir, '..'), ['git', 'clone', '-q', 'repo', 'clone'], { release });
      const clone = join(dir, '..', 'clone');
      await runIn(clone, ['git', 'annex', 'init', 'clone'], { release });
      await runIn(clone, ['git', 'annex', 'forget', '--force'], { release });
      await git('fetch', '-q', '../clone', 'git-annex:refs/remotes/clone/git-annex');
      const before = await git('rev-parse', 'git-annex');
      await branch.update();
      expect(await git('rev-parse', 'git-annex')).toBe(before);
      expect(events.filter(({ type }) => type === 'warning')).toHaveLength(1);
    });
  });

  test('private locations never reach the branch', async () => {
    await withRepository(release, async (opened) => {
      const { branch, locations, git } = opened;
      const own: UUID = parseUUID((await branch.repository.config()).get('annex.uuid')!)!;
      await branch.repository.setConfig('annex.private', 'true');
      await locations.logChange(keys[0]!, { present: [own, ourUUID], missing: [] });
      await branch.commit();
      expect(await git('show', `git-annex:${locationLogPath(keys[0]!)}`)).not.toContain(own);
      expect([...(await locations.locations(keys[0]!))].sort()).toEqual([own, ourUUID].sort());
      expect((await whereis(opened, release)).get(keys[0]!)).toEqual(new Set([own, ourUUID]));
    });
  });

  test('outside commits to the branch are taken in, and outside removals come back as with git-annex', async () => {
    await withRepository(release, async ({ dir, branch, locations, git }) => {
      await locations.logChange(keys[0]!, { present: [ourUUID], missing: [] });
      await branch.commit();
      const blob = (
        await runIn(dir, ['git', 'hash-object', '-w', '--stdin'], { release, input: 'hello\n' })
      ).stdout.trim();
      const tree = await runIn(dir, ['git', 'mktree'], {
        release,
        input: `100644 blob ${blob}\tother.log\n`,
      });
      const commit = (
        await git('commit-tree', tree.stdout.trim(), '-p', 'git-annex', '-m', 'outside')
      ).trim();
      await git('update-ref', 'refs/heads/git-annex', commit);
      expect(await branch.read('other.log')).toBe('hello\n');
      expect(await locations.locations(keys[0]!)).toEqual([]);
      await locations.logChange(keys[1]!, { present: [ourUUID], missing: [] });
      await branch.commit();
      expect(await locations.locations(keys[0]!)).toEqual([ourUUID]);
      expect(await branch.read('other.log')).toBe('hello\n');
    });
  });

  test('kill -9 at any moment: what was answered is there', async () => {
    await withTempDir(async (top) => {
      const dir = join(top, 'repo');
      await runIn(top, ['git', 'init', '-q', dir], { release });
      await runIn(dir, ['git', 'annex', 'init', 'one'], { release });
      const writer = await bundleProgram('write-branch');
      const answered: string[] = [];
      for (let life = 0; life < 12; life++) {
        const started = startIn(dir, ['node', writer, `life${life}`], { release });
        await started.shows(/\n/);
        await sleep((life * 37) % 250);
        started.child.kill('SIGKILL');
        await started.ended;
        const lines = started.stdout().split('\n');
        lines.pop();
        answered.push(...lines);
      }
      await withOpened(release, dir, async ({ branch, git, annex }) => {
        await branch.commit();
        const contents = new Map<string, ReadonlySet<string>>();
        for (let at = 0; at < 8; at++) {
          const path = `abc/de${at % 3}/K--${at}.log`;
          contents.set(path, new Set((await git('show', `git-annex:${path}`)).split('\n')));
        }
        const lost = answered.filter((line) => {
          const [path = '', ...rest] = line.split(' ');
          return contents.get(path)?.has(rest.join(' ')) !== true;
        });
        expect(answered.length).toBeGreaterThan(100);
        expect(lost).toEqual([]);
        expect(await git('fsck', '--strict', '--no-dangling')).toBe('');
        const tip = await git('rev-parse', 'git-annex');
        await annex('merge');
        expect(await git('rev-parse', 'git-annex')).toBe(tip);
      });
    });
  });
});
