// The logs of the git-annex branch against real git-annex: the same change to the same file gives the same bytes, what
// git-annex writes is read as it reads it, what is written here git-annex reads, and merges have the same result.
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sameLineSet, unionMergeLines } from '../../src/logs/union-merge.ts';
import type { UUID } from '../../src/types/uuid.ts';
import { textToByteString } from '../../src/util/byte-string.ts';
import { releases, removeTree, withTempDir } from '../support/git-annex.ts';
import { BranchRepository } from './logs/branch-repository.ts';
import { changeCases } from './logs/change-cases.ts';
import { compareClusters, compareDescriptions, compareKeyLogs } from './logs/compare-reading.ts';
import { writeAndAsk } from './logs/write-and-ask.ts';

describe.each(releases())('$name', (release) => {
  describe('the same change gives the same bytes', () => {
    let repository: BranchRepository;
    let me: UUID;

    beforeAll(async () => {
      repository = new BranchRepository(
        await realpath(await mkdtemp(join(tmpdir(), 'annexus-logs-'))),
        release,
      );
      me = await repository.init();
    });
    afterAll(async () => {
      await removeTree(repository.dir);
    });

    test.each(changeCases.map((one) => ({ ...one, title: `${one.command[0]} (${one.path.slice(0, 30)})` })))(
      '$title',
      async ({ path, before, command, change }) => {
        const content = textToByteString(before.replaceAll('ME', me));
        await repository.write(new Map([[path, content]]));
        const [name = '', ...args] = command;
        await repository.annex(name, ...args);
        expect(await repository.read(path)).toBe(change(content, me) ?? content);
      },
    );
  });

  test('what git-annex writes is read as git-annex reads it', async () => {
    expect.hasAssertions();
    await withTempDir(async (dir) => {
      const repository = new BranchRepository(join(dir, 'r'), release);
      const me = await repository.init();
      await compareDescriptions(repository, me);
      await compareKeyLogs(repository, { me, dir });
      await compareClusters(repository, { me, dir });
    });
  });

  test('what is written here git-annex reads', async () => {
    expect.hasAssertions();
    await withTempDir(async (dir) => {
      const repository = new BranchRepository(dir, release);
      const me = await repository.init();
      await writeAndAsk(repository, me);
    });
  });

  test('merges have the same result', async () => {
    await withTempDir(async (dir) => {
      const repository = new BranchRepository(dir, release);
      await repository.init();
      const ours = new Map([
        ['numcopies.log', '5s 1\n9s 3\n'],
        ['config.log', '7s b x\n5s a x\n5s a x\n'],
        ['unknown/file', 'z\n\ny\n'],
        ['mincopies.log', '5s 1\n'],
      ]);
      const theirs = new Map([
        ['numcopies.log', '8s 2\n5s 1\n'],
        ['config.log', '7s b x\n5s a x\n'],
        ['unknown/file', 'a\r\nz\n'],
        ['mincopies.log', '4s 1'],
      ]);
      const parent = (await repository.git('rev-parse', 'git-annex')).trim();
      await repository.write(ours);
      await repository.write(theirs, { branch: 'refs/heads/synced/git-annex', parent });
      for (const [path, content] of ours) {
        const other = theirs.get(path) ?? '';
        const merged = unionMergeLines([content, other]);
        const reused = [content, other].filter((side) => sameLineSet(side, merged));
        const result = await repository.read(path);
        expect(reused.length > 0 ? reused : [merged]).toContain(result);
      }
    });
  });
});
