// Preferred content expressions mean what they mean to git-annex: random expressions over random worlds, judged by both
// programs. Some here, thousands by `npm run soak -- preferred-content`.
import { expect, test } from 'vitest';
import { releases } from '../support/git-annex.ts';
import { writeEvidence } from './scenario/evidence.ts';
import { judgeWorlds } from './scenario/placement/judge-worlds.ts';
import { interopSeed } from './scenario/random.ts';

const soakExpressions = process.env['ANNEXUS_SOAK_EXPRESSIONS'];
const size =
  soakExpressions === undefined ? { repositories: 14, files: 40 } : { repositories: 40, files: 60 };
const expressions = Number(soakExpressions ?? 14);

test.each(releases())(
  'random expressions mean the same to $name and to us',
  { timeout: 120_000 + expressions * 3000 },
  async (release) => {
    const { differences, hung, ...counts } = await judgeWorlds({
      release,
      seed: interopSeed,
      expressions,
      ...size,
    });
    console.log(JSON.stringify({ seed: interopSeed, release: release.name, ...counts, hung: hung.length }));
    expect(differences).toEqual([]);
    expect(counts.verdictsTrue).toBeGreaterThan(0);
    if (soakExpressions !== undefined)
      await writeEvidence(`preferred-content-${release.name}`, {
        seed: interopSeed,
        ...counts,
        hung: hung.length,
      });
  },
);
