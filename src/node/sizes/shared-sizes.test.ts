import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { keyOf, withBareAnnex, type BareAnnex } from '../../../test/support/bare-annex.ts';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import { locationLogPath } from '../../logs/branch-path.ts';
import type { UUID } from '../../types/uuid.ts';
import { AnnexBranch } from '../branch/annex-branch.ts';
import type { BranchLocationLog } from '../branch/branch-location-log.ts';
import { lockFile } from '../lock/file-lock.ts';
import { parseReservations } from './reservation-file.ts';
import { SharedSizes } from './shared-sizes.ts';

const own = '11111111-1111-4111-8111-111111111111' as UUID;
const node = '22222222-2222-4222-8222-222222222222' as UUID;

interface Opened {
  readonly live: string;
  readonly log: BranchLocationLog;
  readonly branch: AnnexBranch;
  readonly git: BareAnnex['git'];
  /** Two that know nothing of each other, as in two processes. */
  readonly one: SharedSizes;
  readonly other: SharedSizes;
}

async function withSizes(body: (opened: Opened) => Promise<void>): Promise<void> {
  await withBareAnnex(own, async ({ dir, branch, log, git }) => {
    await branch.change('uuid.log', () => `${node} node timestamp=1s\n`);
    await branch.commit();
    const [one, other] = [new SharedSizes(branch), new SharedSizes(branch)];
    try {
      await body({ live: `${dir}/annex/annexus/sizes/live`, log, branch, git, one, other });
    } finally {
      await one.close();
      await other.close();
    }
  });
}

/** A git-annex branch without a past, in which the node has so many keys of 10 bytes, for `git fast-import`. */
function rewritten(count: number): string {
  const files = Array.from({ length: count }, (_, number) => {
    const path = locationLogPath(keyOf(`SHA256-s10--k${number}`));
    const line = `1s 1 ${node}\n`;
    return `M 100644 inline ${path}\ndata ${line.length}\n${line}`;
  });
  const uuidLog = `${node} node timestamp=1s\n`;
  const committer = 'committer t <t@t> 1700000000 +0000\ndata 1\nx\n';
  return `commit refs/heads/git-annex\n${committer}deleteall\nM 100644 inline uuid.log\ndata ${uuidLog.length}\n${uuidLog}${files.join('\n')}\n`;
}

async function sizeBy(sizes: SharedSizes): Promise<bigint | undefined> {
  return await sizes.exclusively((ledger) => ledger.sizeOf(node));
}

describe('SharedSizes', () => {
  test('one that waits for another process can be closed', async () => {
    await withSizes(async ({ live, one }) => {
      await sizeBy(one);
      const lock = await lockFile(join(live, '../lock'), { mode: 'exclusive' });
      const waiting = sizeBy(one).catch(String);
      await one.close();
      expect(await waiting).toContain('is closing');
      await lock.release();
    });
  });

  test('a lock that another process holds for too long is done without, and told once', async () => {
    await withSizes(async ({ live, branch, other }) => {
      const clock = new ManualClock();
      const warnings: unknown[] = [];
      const patient = await AnnexBranch.open(branch.repository, { clock, events: () => undefined });
      const sizes = new SharedSizes(patient, { events: (event) => void warnings.push(event) });
      const ten = keyOf('SHA256-s10--a');
      expect(await sizeBy(sizes)).toBe(0n);
      const lock = await lockFile(join(live, '../lock'), { mode: 'exclusive' });
      const judging = sizes.exclusively((ledger) => ledger.reserve(ten, [node]));
      while (clock.waiting === 0) await settle();
      await clock.advance(4999);
      expect(warnings).toEqual([]);
      await clock.advance(1);
      const held = await judging;
      // The next does not wait at all.
      expect(await sizeBy(sizes)).toBe(10n);
      expect(warnings).toEqual([
        { type: 'warning', message: expect.stringContaining('sizes/lock is held') as unknown },
      ]);
      await lock.release();
      expect([await sizeBy(sizes), await sizeBy(other)]).toEqual([10n, 10n]);
      held.release();
      expect(await sizeBy(other)).toBe(0n);
      const again = await lockFile(join(live, '../lock'), { mode: 'exclusive' });
      const waiting = sizeBy(sizes);
      while (clock.waiting === 0) await settle();
      await again.release();
      expect(await waiting).toBe(0n);
      expect(warnings).toHaveLength(1);
      await sizes.close();
    });
  });

  test.each([
    ['a branch whose old commits are gone', 3, true],
    ['very much that changed', 2500, false],
  ])('%s is counted while others judge', async (_name, count, isPruned) => {
    await withSizes(async ({ branch, one, other, git }) => {
      expect([await sizeBy(one), await sizeBy(other)]).toEqual([0n, 0n]);
      git(['fast-import', '--quiet', '--force'], rewritten(count));
      if (isPruned) git(['prune', '--expire=now']);
      const looks: (bigint | undefined)[] = [];
      const { sums } = one;
      const look = vi.spyOn(sums, 'look').mockImplementation(async () => {
        look.mockRestore();
        // What is known stays as it was, and nobody is kept waiting.
        looks.push(sums.amountOf(node)?.bytes, await sizeBy(other));
        await sums.look();
      });
      expect(await sizeBy(one)).toBe(BigInt(count * 10));
      expect(looks).toEqual([0n, BigInt(count * 10)]);
      expect(await branch.isClean()).toBe(true);
    });
  });

  test('a key that is stored anew where it is logged counts once for those who judge at the same time', async () => {
    await withSizes(async ({ one, log }) => {
      const key = keyOf('SHA256-s100--a');
      await log.logChange(key, { present: [node], missing: [] });
      const stored = one.exclusively((ledger) => ledger.reserve(key, [node], new Set([node])));
      expect(await sizeBy(one)).toBe(100n);
      (await stored).release();
      expect(await sizeBy(one)).toBe(100n);
    });
  });

  test('what is no file of reservations keeps nobody from judging', async () => {
    await withSizes(async ({ live, one }) => {
      mkdirSync(join(live, 'directory'), { recursive: true });
      writeFileSync(join(live, 'junk'), 'junk');
      expect(await sizeBy(one)).toBe(0n);
      expect(readdirSync(live)).toHaveLength(2);
    });
  });

  test('in a repository that a group shares, the group can use all files, whatever the umask', async () => {
    await withSizes(async ({ live, one, branch }) => {
      const annex = join(live, '../../..');
      await branch.repository.setConfig('core.sharedRepository', 'all');
      const umask = process.umask(0o077);
      try {
        await sizeBy(one);
        await one.sums.close();
      } finally {
        process.umask(umask);
      }
      const sizes = join(live, '..');
      const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);
      expect([join(annex, 'annexus'), sizes, live].map(modeOf)).toEqual(['2775', '2775', '2775']);
      const files = [join(sizes, 'lock'), ...readdirSync(live).map((name) => join(live, name))];
      expect(files.map(modeOf)).toEqual(['664', '664']);
    });
  });

  test('room that one reserves the other sees, until the key is logged and after', async () => {
    await withSizes(async ({ one, other, log, branch }) => {
      const ten = keyOf('SHA256-s10--a');
      const held = await one.exclusively((ledger) => {
        const reservation = ledger.reserve(ten, [node]);
        expect(ledger.sizeOf(node)).toBe(10n);
        return reservation;
      });
      expect(await sizeBy(other)).toBe(10n);
      const again = await other.exclusively((ledger) => ledger.reserve(ten, [node]));
      expect([await sizeBy(one), await sizeBy(other)]).toEqual([10n, 10n]);
      await log.logChange(ten, { present: [node], missing: [] });
      expect([await sizeBy(one), await sizeBy(other)]).toEqual([10n, 10n]);
      await branch.commit();
      expect([await sizeBy(one), await sizeBy(other)]).toEqual([10n, 10n]);
      held.release(node);
      held.release();
      expect([await sizeBy(one), await sizeBy(other)]).toEqual([10n, 10n]);
      await log.logChange(ten, { present: [], missing: [node] });
      expect([await sizeBy(one), await sizeBy(other)]).toEqual([10n, 10n]);
      again.release();
      expect([await sizeBy(one), await sizeBy(other)]).toEqual([0n, 0n]);
    });
  });

  test('a hundred uploads through two fill a node to the last byte and no further', async () => {
    await withSizes(async ({ one, other, log, branch }) => {
      let taken = 0;
      const upload = async (sizes: SharedSizes, number: number): Promise<void> => {
        const key = keyOf(`SHA256-s10--upload${number}`);
        const held = await sizes.exclusively((ledger) =>
          (ledger.sizeOf(node) ?? 0n) + 10n <= 405n ? ledger.reserve(key, [node]) : undefined,
        );
        if (held === undefined) return;
        taken++;
        await log.logChange(key, { present: [node], missing: [] });
        held.release();
        if (number % 10 === 0) await branch.commit();
      };
      await Promise.all(
        Array.from({ length: 100 }, (_, number) => upload(number % 2 === 0 ? one : other, number)),
      );
      expect(taken).toBe(40);
      expect([await sizeBy(one), await sizeBy(other)]).toEqual([400n, 400n]);
    });
  });

  test('what a dead process held does not count, and its file goes', async () => {
    await withSizes(async ({ one, live }) => {
      await one.exclusively(() => undefined);
      const line = `${JSON.stringify({ id: 1, key: 'SHA256-s10--a', uuids: [node] })}\n`;
      const file = join(live, 'someone');
      writeFileSync(file, line);
      const lock = await lockFile(file, { mode: 'exclusive' });
      expect(await sizeBy(one)).toBe(10n);
      await lock.release();
      expect(await sizeBy(one)).toBe(0n);
      expect(existsSync(file)).toBe(false);
      await one.close();
      expect(readdirSync(live)).toEqual([]);
    });
  });

  test('all that is kept may be deleted at any time', async () => {
    await withSizes(async ({ one, other, live }) => {
      const held = await one.exclusively((ledger) => ledger.reserve(keyOf('SHA256-s10--a'), [node]));
      rmSync(join(live, '..'), { recursive: true });
      expect(await sizeBy(one)).toBe(10n);
      expect(await sizeBy(other)).toBe(10n);
      held.release();
      expect(await sizeBy(other)).toBe(0n);
    });
  });

  test('a judgement that throws, or is aborted, is the end of that one alone', async () => {
    await withSizes(async ({ one }) => {
      const gone = new AbortController();
      const aborted = one.exclusively(() => expect.unreachable(), { signal: gone.signal });
      const failed = one.exclusively(() => {
        throw new Error('no');
      });
      const fine = one.exclusively((ledger) => ledger.sizeOf(node));
      gone.abort(new Error('gone'));
      await expect(aborted).rejects.toThrow('gone');
      await expect(failed).rejects.toThrow('no');
      expect(await fine).toBe(0n);
      expect(await one.exclusively((ledger) => ledger.sizeOf('unknown' as UUID))).toBeUndefined();
    });
  });

  test('the file of a busy process does not grow without end', async () => {
    await withSizes(async ({ one, live }) => {
      for (let round = 0; round < 60; round++) {
        await one.exclusively((ledger) => {
          for (let number = 0; number < 50; number++)
            ledger.reserve(keyOf(`SHA256-s10--${'x'.repeat(100)}${number}`), [node]).release();
        });
      }
      const [name = ''] = readdirSync(live);
      expect(readFileSync(join(live, name)).length).toBeLessThan(300_000);
      expect(await sizeBy(one)).toBe(0n);
    });
  });
});

test('lines without an end, and without a meaning, reserve nothing', () => {
  const held = (id: number, key: string): string => JSON.stringify({ id, key, uuids: [own, node] });
  const content = [
    held(1, 'SHA256-s10--a'),
    '{"id":1,"released":"11111111-1111-4111-8111-111111111111"}',
    'nonsense',
    'null',
    held(2, 'no key'),
    held(3, 'SHA256-s3--b'),
    '{"id":9,"released":"x"}',
    held(4, 'SHA256-s4--c'),
  ].join('\n');
  expect([...parseReservations(content).values()]).toEqual([
    { id: 1, key: 'SHA256-s10--a', uuids: new Set([node]) },
    { id: 3, key: 'SHA256-s3--b', uuids: new Set([own, node]) },
  ]);
});
