// The server is killed at random moments of uploads; see scenario/killed-uploads.ts for what has to hold. Some uploads
// here, as many as wanted by `npm run soak -- kill-uploads`, which also leaves a page in doc/evidence/.
import { expect, test } from 'vitest';
import { withTempDir } from '../support/git-annex.ts';
import { writeEvidence } from './scenario/evidence.ts';
import { killUploads } from './scenario/killed-uploads.ts';
import { makeCluster } from './scenario/cluster.ts';
import { interopSeed } from './scenario/random.ts';
import { serverKind } from './scenario/server.ts';
import { latestRelease } from './scenario/world.ts';

const soakUploads = process.env['ANNEXUS_SOAK_UPLOADS'];
const uploads = Number(soakUploads ?? 20);

test(`${uploads} uploads, each with a kill -9`, { timeout: 60_000 + uploads * 10_000 }, async () => {
  await withTempDir(async (dir) => {
    const cluster = await makeCluster({ release: latestRelease(), dir, bare: true });
    const report = await killUploads({
      cluster,
      kind: serverKind,
      uploads,
      seed: interopSeed,
      onProgress: (done) => {
        if (soakUploads !== undefined && done % 10 === 0) console.log(`${done} of ${uploads} uploads`);
      },
    });
    console.log(JSON.stringify({ seed: interopSeed, ...report }));
    expect(report.wrong).toEqual([]);
    // A run in which nothing was cut, or in which nothing ever resumed, has shown nothing.
    expect(report.answered).toBeLessThan(uploads);
    expect(report.resumed).toBeGreaterThan(0);
    if (soakUploads !== undefined) await writeEvidence('kill-uploads', { seed: interopSeed, ...report });
  });
});
