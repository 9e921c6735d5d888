// The same repositories for the same keys as git-annex, over groups of many sizes, with and without maximum sizes.
// `npm run soak -- balanced` does it for ten thousand keys and every size from 1 to 50.
import { expect, test } from 'vitest';
import type { UUID } from '../../src/types/uuid.ts';
import { withTempDir } from '../support/git-annex.ts';
import { writeEvidence } from './scenario/evidence.ts';
import { askGitAnnex, type Question } from './scenario/placement/ask-git-annex.ts';
import { balancedWorld } from './scenario/placement/balanced-world.ts';
import { inParallel } from './scenario/placement/judge-worlds.ts';
import { makeRepository } from './scenario/placement/make-repository.ts';
import { openJudge } from './scenario/placement/our-judge.ts';
import { interopSeed, randomFrom } from './scenario/random.ts';
import { latestRelease } from './scenario/world.ts';

const soakKeys = process.env['ANNEXUS_SOAK_KEYS'];
const keys = Number(soakKeys ?? 150);
const groupSizes =
  soakKeys === undefined ? [1, 2, 3, 7, 50] : Array.from({ length: 50 }, (_, index) => index + 1);

test('balanced terms choose the same repositories', { timeout: 120_000 + keys * 400 }, async () => {
  await withTempDir(async (dir) => {
    const release = latestRelease();
    const world = balancedWorld(randomFrom(interopSeed), { keys, groupSizes });
    await makeRepository(dir, world, release);
    await using ours = await openJudge(dir, world);
    const questions = questionsOf(world.uuids);
    const counts = {
      keys,
      groups: groupSizes.length * 2,
      questions: questions.length,
      verdicts: 0,
      chosen: 0,
      hung: 0,
    };
    const differences: unknown[] = [];
    let asked = 0;
    await inParallel(questions, async (question) => {
      const listed = await askGitAnnex(question, { dir, release, files: world.files });
      asked++;
      if (soakKeys !== undefined && asked % 10 === 0)
        console.log(`${asked} of ${questions.length} questions`);
      if (listed === undefined) {
        counts.hung++;
        return;
      }
      const { difference, verdicts, verdictsTrue } = await ours.compare(question, listed, world.files);
      counts.verdicts += verdicts;
      counts.chosen += verdictsTrue;
      if (difference !== undefined) differences.push(difference);
    });
    console.log(JSON.stringify({ seed: interopSeed, ...counts }));
    expect(differences).toEqual([]);
    expect(counts.chosen).toBeGreaterThan(0);
    if (soakKeys !== undefined) await writeEvidence('balanced', { seed: interopSeed, ...counts });
  });
});

/** All groups, and then each third with --rebalance. */
function questionsOf(uuids: readonly UUID[]): Question[] {
  const rebalanced = uuids.filter((_, index) => index % 3 === 0);
  return [
    ...uuids.map((uuid): Question => ({ uuid, want: 'get', rebalance: false })),
    ...rebalanced.map((uuid): Question => ({ uuid, want: 'get', rebalance: true })),
  ];
}
