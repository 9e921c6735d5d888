// `annexus serve` is ended in the middle of uploads and pushes, by SIGTERM and by SIGKILL; see scenario/served-pushes.ts.
import { expect, test } from 'vitest';
import { withTempDir } from '../support/git-annex.ts';
import { interopSeed, randomFrom } from './scenario/random.ts';
import { ServedPushes } from './scenario/served-pushes.ts';
import { latestRelease } from './scenario/world.ts';

test('an end in the middle of uploads and pushes loses nothing that was answered', async () => {
  await withTempDir(async (dir) => {
    const pushes = new ServedPushes({
      dir,
      release: latestRelease(),
      signals: ['SIGTERM', 'SIGKILL', 'SIGTERM', 'SIGKILL'],
      random: randomFrom(interopSeed),
    });
    const report = await pushes.run();
    console.log(JSON.stringify({ seed: interopSeed, ...report }));
    expect(report.wrong).toEqual([]);
    // A run in which nothing was answered has shown nothing.
    expect(report.storesAnswered).toBeGreaterThan(0);
    expect(report.pushesAnswered).toBeGreaterThan(0);
  });
});
