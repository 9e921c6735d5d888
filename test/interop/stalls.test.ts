// Clients that read nothing and clients that hang up, beside real ones; see scenario/stalls.ts. For some seconds here, for
// ten minutes by `npm run soak -- stalls`, which also leaves a page in doc/evidence/.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Running, runIn, startIn, withTempDir } from '../support/git-annex.ts';
import { ask } from '../support/raw-http.ts';
import { annexus, isListening, makeRepository, portOf, until } from './scenario/doors.ts';
import { writeEvidence } from './scenario/evidence.ts';
import { makeFiles, readNothing, stalls } from './scenario/stalls.ts';
import { latestRelease } from './scenario/world.ts';

const soakSeconds = process.env['ANNEXUS_SOAK_STALLS'];
const isSoak = soakSeconds !== undefined;
const forMs = Number(soakSeconds ?? 4) * 1000;
const figures: Record<string, unknown> = {};
const release = latestRelease();
const largeBytes = 60_000_000;
const options = { timeout: forMs * 2 + 120_000 };

afterAll(async () => {
  if (isSoak) await writeEvidence('stalls', figures);
});

describe('clients that read nothing and clients that hang up', () => {
  test.concurrent.each(['p2phttp', 'serve'] as const)('stall nothing: %s', options, async (kind) => {
    await withTempDir(async (dir) => {
      const { path, uuid, key } = await makeRepository(dir, 'served', release, largeBytes);
      await makeFiles(dir, release);
      await using server = await start(kind, dir);
      const port = await portOf(server);
      const clones = ['one', 'two', 'three'].map((name) => join(dir, name));
      for (const clone of clones) {
        const from = kind === 'serve' ? `http://127.0.0.1:${port}/data.git` : path;
        await runIn(dir, ['git', 'clone', '--quiet', from, clone], { release });
        if (kind === 'p2phttp') {
          const url = `annex+http://127.0.0.1:${port}/git-annex/`;
          await runIn(clone, ['git', 'config', 'remote.origin.annexUrl', url], { release });
        }
        await runIn(clone, ['git-annex', 'init', '--quiet'], { release });
      }
      const pid = server.child.pid ?? 0;
      const report = await stalls({
        port,
        pid,
        uuid,
        clones,
        release,
        dir: path,
        forMs,
        largeKey: key,
      });
      console.log(kind, JSON.stringify(report), report.wrong.length > 0 ? server.stderr().slice(-3000) : '');
      expect(report.wrong).toEqual([]);
      expect(report['peak memory (MiB)']).toBeLessThan(300);
      figures[`annexus ${kind}`] = report;
    });
  });

  // What the scenario is made of, and how long a request is waited for.
  test.runIf(isSoak)('stall git-annex', async () => {
    await withTempDir(async (dir) => {
      const { path, uuid, key } = await makeRepository(dir, 'served', release, largeBytes);
      const port = await freePort();
      const argv = ['git-annex', 'p2phttp', '-J2', '--wideopen', '--bind', '127.0.0.1', '--port', `${port}`];
      await using server = startIn(path, argv, { release });
      await until(() => isListening(port));
      const request = {
        method: 'POST',
        path: `/git-annex/${uuid}/v4/checkpresent?key=${key}&clientuuid=c`,
      };
      expect((await ask(port, request)).status).toBe(200);
      const leave = await readNothing({ port, uuid, largeKey: key }, 20);
      const answers = await Promise.all(
        Array.from({ length: 5 }, async () =>
          ask(port, request).then(
            ({ status }) => `${status}`,
            () => 'none',
          ),
        ),
      );
      leave();
      figures[
        'git annex p2phttp -J2 beside the same 20 that read nothing: answers to 5 requests within 15 s'
      ] = answers;
      expect(server.child.exitCode).toBeNull();
    });
  });
});

async function start(kind: 'p2phttp' | 'serve', dir: string): Promise<Running> {
  const served = join(dir, 'served');
  if (kind === 'p2phttp') {
    const argv = [...annexus, '--wideopen', '-J2', '--bind', '127.0.0.1', '--port', '0'];
    return startIn(served, argv, { release });
  }
  const config = join(dir, 'annexus.yaml');
  await writeFile(
    config,
    `listen: 127.0.0.1:0\nrepositories:\n  data: ${served}\naccess:\n  - role: write\n    users: anonymous\n`,
  );
  return startIn(served, [...annexus.slice(0, 2), 'serve', config], { release });
}
