// The server serves clients of both releases while real git-annex works in the gateway and in every node; see
// scenario/concurrent.ts. Some seconds here, minutes by `npm run soak -- concurrent`.
import { expect, test } from 'vitest';
import { releases, withTempDir } from '../support/git-annex.ts';
import { makeCluster } from './scenario/cluster.ts';
import {
  cloneAll,
  explainDisagreements,
  makeWorkers,
  mergeAll,
  workTogether,
} from './scenario/concurrent.ts';
import { writeEvidence } from './scenario/evidence.ts';
import { clusterComplaints, clusterDisagreements, complaints, objectsIn } from './scenario/examine.ts';
import { interopSeed } from './scenario/random.ts';
import { serverKind, startServer } from './scenario/server.ts';
import { latestRelease } from './scenario/world.ts';

const soakSeconds = process.env['ANNEXUS_SOAK_SECONDS'];
const seconds = Number(soakSeconds ?? 8);
// Bare repositories keep objects in other directories and have no work tree to care for; the long run tries both.
const shapes = soakSeconds === undefined ? [false] : [false, true];

test.each(shapes)(
  `${seconds} s of everybody at once, bare: %s`,
  { timeout: 180_000 + seconds * 3000 },
  async (bare) => {
    await withTempDir(async (dir) => {
      const release = latestRelease();
      const cluster = await makeCluster({ release, dir, bare });
      const { gateway, nodes } = cluster;
      await using server = await startServer({ kind: serverKind, release, repositoryDir: gateway.dir });
      const clients = await cloneAll({ cluster, server, releases: releases() });
      const workers = await makeWorkers(cluster, clients);

      const { steps, ...report } = await workTogether(workers, { seconds, seed: interopSeed });
      await server.close();
      console.log(JSON.stringify({ seed: interopSeed, bare, ...report }));
      expect(report.wrong).toEqual([]);

      await mergeAll(cluster);
      const owned = new Set(workers.flatMap((worker) => [...worker.owned.values()]));
      const shared = new Set(workers[0]?.shared.values());
      const disagreements = await clusterDisagreements(cluster, { keys: owned });
      if (disagreements.length > 0) {
        console.log(await explainDisagreements(cluster, workers, { steps, disagreements }), server.stderr());
      }
      expect(disagreements).toEqual([]);
      const everywhere = await Promise.all([gateway, ...nodes, ...clients].map(objectsIn));
      const lost = [...owned, ...shared].filter((key) => !everywhere.some((objects) => objects.has(key)));
      expect(lost).toEqual([]);

      const stale = await clusterDisagreements(cluster, { keys: shared });
      // fsck mends what the race about shared files left in the logs, and then nothing is left to complain of.
      for (const repository of [gateway, ...nodes])
        await repository.annex(['fsck', '--all', '--fast'], { allow: 'any' });
      expect(await clusterComplaints(cluster)).toEqual([]);
      for (const client of clients) expect(await complaints(client)).toEqual([]);
      if (soakSeconds !== undefined) {
        const name = bare ? 'concurrent-bare' : 'concurrent';
        await writeEvidence(name, { seed: interopSeed, seconds, ...report, 'shared, mended': stale.length });
      }
    });
  },
);
