// Sums that were brought forward are what counting anew gives, whatever happened to branch, journal and kept sums.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyOf, withBareAnnex } from '../../../test/support/bare-annex.ts';
import { journalFile, locationLogPath, parseBranchPath } from '../../logs/branch-path.ts';
import { presentUUIDs } from '../../logs/location-log.ts';
import { isClusterUUID } from '../../types/cluster-uuid.ts';
import { keySizeBytes } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { AnnexBranch } from '../branch/annex-branch.ts';
import type { BranchLocationLog } from '../branch/branch-location-log.ts';
import { addKey, Amounts, noAmount, type Amount } from './amounts.ts';
import { sumUpBranch } from './branch-amounts.ts';
import { SizeSums } from './size-sums.ts';
import { SharedFiles } from '../repository/shared-files.ts';
import { writeSizeState } from './state-file.ts';

const uuids = [1, 2, 3].map((digit) => `${`${digit}`.repeat(8)}-1111-4111-8111-111111111111` as UUID);
const [first, second] = uuids as [UUID, UUID];
const cluster = 'ac111111-1111-8111-8111-111111111111' as UUID;
const keys = ['SHA256-s10--a', 'SHA256-s7--b', 'URL--c', 'SHA256E-s1000--d.x', 'WORM-s5-m3--e "f"'].map(
  keyOf,
);

interface Opened {
  readonly dir: string;
  readonly branch: AnnexBranch;
  readonly log: BranchLocationLog;
  readonly sums: SizeSums;
  readonly stateFile: string;
  readonly git: (args: readonly string[], input?: string) => string;
  /** Sums of a process that has not looked before. */
  readonly newSums: () => SizeSums;
}

async function withSums(body: (opened: Opened) => Promise<void>): Promise<void> {
  await withBareAnnex(first, async (annex) => {
    const directory = `${annex.dir}/annex/annexus/sizes`;
    const newSums = (): SizeSums => new SizeSums(annex.branch, { directory });
    const sums = newSums();
    await body({ ...annex, newSums, sums, stateFile: `${directory}/state` });
    await sums.close();
  });
}

/** By reading every log anew. */
async function counted(branch: AnnexBranch): Promise<ReadonlyMap<UUID, Amount>> {
  const amounts = new Map<UUID, Amount>();
  for await (const path of branch.list()) {
    const found = parseBranchPath(path);
    if (found.type !== 'key' || found.log !== 'location') continue;
    for (const uuid of presentUUIDs((await branch.read(path)) ?? '')) {
      if (isClusterUUID(uuid)) continue;
      amounts.set(uuid, addKey(amounts.get(uuid) ?? noAmount, keySizeBytes(found.key)));
    }
  }
  return amounts;
}

/** What sums that looked before, and sums that did not, say by now. */
async function looked({ sums, newSums }: Opened): Promise<readonly ReadonlyMap<UUID, Amount>[]> {
  const found: ReadonlyMap<UUID, Amount>[] = [];
  for (const each of [sums, newSums()]) {
    await each.look();
    found.push(each.all());
    await each.close();
  }
  return found;
}

describe('SizeSums', () => {
  test('stay right through changes, commits and rewritten branches', async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          type: fc.constant('change' as const),
          isPresent: fc.boolean(),
          key: fc.constantFrom(...keys),
          uuid: fc.constantFrom(...uuids, cluster),
        }),
      },
      fc.constantFrom({ type: 'commit' as const }, { type: 'look' as const }, { type: 'rewrite' as const }),
      fc.record({ type: fc.constant('damage' as const), at: fc.nat(300) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        await withSums(async (opened) => {
          const { branch, log, sums, git, stateFile } = opened;
          for (const each of steps) {
            if (each.type === 'change') {
              const [present, missing] = each.isPresent ? [[each.uuid], []] : [[], [each.uuid]];
              await log.logChange(each.key, { present, missing });
            } else if (each.type === 'commit') await branch.commit();
            else if (each.type === 'look') await sums.look();
            else if (each.type === 'rewrite') {
              const orphan = git(['commit-tree', '-m', 'x', 'git-annex^{tree}']);
              git(['update-ref', 'refs/heads/git-annex', orphan]);
              git(['prune', '--expire=now']);
            } else damage(stateFile, each.at);
          }
          const expected = await counted(branch);
          expect(await looked(opened)).toEqual([expected, expected]);
        });
      }),
      { numRuns: 8 },
    );
  }, 120_000);

  function damage(file: string, at: number): void {
    if (!existsSync(file)) return;
    const content = readFileSync(file);
    const where = at % content.length;
    content[where] = (content[where] ?? 0) ^ 4;
    writeFileSync(file, content);
  }

  test('all that are described are known, and others by their keys', async () => {
    await withSums(async ({ branch, log, sums }) => {
      await branch.change('uuid.log', () => `${second} two timestamp=1s\n`);
      await log.logChange(keyOf('SHA256-s10--a'), { present: [first], missing: [] });
      await sums.look();
      expect(sums.all()).toEqual(
        new Map([
          [second, noAmount],
          [first, { keys: 1, unsized: 0, bytes: 10n }],
        ]),
      );
      expect(sums.amountOf(cluster)).toBeUndefined();
      expect(await sums.locations(keyOf('SHA256-s10--a'))).toEqual([first]);
      expect(await sums.locations(keyOf('SHA256-s10--b'))).toEqual([]);
    });
  });

  test('what only this repository is to know counts', async () => {
    await withSums(async (opened) => {
      const { dir, git, log, branch, sums } = opened;
      const key = keyOf('SHA256-s10--a');
      await log.logChange(key, { present: [first, second], missing: [] });
      await branch.commit();
      await sums.look();
      const own = join(dir, 'annex', 'journal-private');
      mkdirSync(own);
      writeFileSync(join(own, journalFile(locationLogPath(key))), `1s 1 ${uuids[2]}\n`);
      writeFileSync(join(own, journalFile(locationLogPath(keyOf('SHA256-s3--p')))), `1s 1 ${uuids[2]}\n`);
      await sums.look();
      expect(uuids.map((uuid) => sums.amountOf(uuid)?.bytes)).toEqual([10n, 10n, 13n]);
      git(['config', 'annex.private', 'true']);
      await log.logChange(key, { present: [], missing: [second] });
      await sums.look();
      expect(uuids.map((uuid) => sums.amountOf(uuid)?.bytes)).toEqual([10n, 0n, 13n]);
    });
  });

  test('the next process takes up what was kept, and reads only what changed', async () => {
    await withSums(async ({ dir, branch, log, sums, stateFile, newSums }) => {
      for (const key of keys) await log.logChange(key, { present: [first], missing: [] });
      await branch.commit();
      await sums.look();
      await sums.close();
      // Sums that only the kept file can have.
      const { commit } = JSON.parse(readFileSync(stateFile, 'utf8').split('\n')[0] ?? '') as {
        commit: string;
      };
      const kept = new Map([[first, { keys: 1, unsized: 0, bytes: 5000n }]]);
      await writeSizeState(
        stateFile,
        { commit, amounts: new Amounts(kept) },
        new SharedFiles(branch.repository),
      );
      await log.logChange(keyOf('SHA256-s10--a'), { present: [second], missing: [] });
      await branch.commit();
      const next = newSums();
      await next.look();
      expect(next.all()).toEqual(new Map([...kept, [second, { keys: 1, unsized: 0, bytes: 10n }]]));
      await next.close();
      rmSync(join(dir, 'annex', 'annexus'), { recursive: true });
      const anew = newSums();
      await anew.look();
      expect(anew.amountOf(first)).toEqual({ keys: 5, unsized: 1, bytes: 1022n });
    });
  });

  test('a git without ls-tree --format is read as well', async () => {
    await withSums(async ({ branch, log }) => {
      for (const key of keys) await log.logChange(key, { present: [first], missing: [] });
      await branch.commit();
      const tip = 'refs/heads/git-annex';
      for (const hasFormat of [true, false]) {
        const amounts = await sumUpBranch(branch.repository, tip, { hasFormat });
        expect(new Map(amounts.entries())).toEqual(await counted(branch));
        await expect(sumUpBranch(branch.repository, 'nosuch', { hasFormat })).rejects.toThrow(
          /git ls-tree failed/,
        );
      }
    });
  });

  test('a branch with a missing object is an error, not a smaller sum', async () => {
    await withSums(async ({ dir, branch, log, git, sums }) => {
      await log.logChange(keyOf('SHA256-s10--a'), { present: [first], missing: [] });
      await branch.commit();
      const blob = git(['rev-parse', `git-annex:${locationLogPath(keyOf('SHA256-s10--a'))}`]);
      rmSync(join(dir, 'objects', blob.slice(0, 2), blob.slice(2)));
      await expect(sums.look()).rejects.toThrow(/missing/);
    });
  });
});
