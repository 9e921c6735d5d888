// Requests made to break `annexus serve`, from a seed; see scenario/hostile. Some here, and a hundred thousand by
// `npm run soak -- hostile`, which also leaves a page in doc/evidence/.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ask } from '../support/raw-http.ts';
import { releases, withTempDir, type Running } from '../support/git-annex.ts';
import { moreThan, peakMemory, takeCensus, type Census } from './scenario/census.ts';
import { until } from './scenario/doors.ts';
import { writeEvidence } from './scenario/evidence.ts';
import { attack } from './scenario/hostile/attack.ts';
import { makeSite, type Site } from './scenario/hostile/site.ts';
import { differences, takeSnapshot } from './scenario/hostile/tree-snapshot.ts';
import { interopSeed } from './scenario/random.ts';
import { latestRelease } from './scenario/world.ts';

const soakRequests = process.env['ANNEXUS_SOAK_HOSTILE'];
const isSoak = soakRequests !== undefined;
const requests = Number(soakRequests ?? 700);
const maxMemoryMB = 400;

test(`${requests} requests break nothing (seed ${interopSeed})`, {
  timeout: isSoak ? 7_200_000 : 120_000,
}, async () => {
  await withTempDir(async (dir) => {
    await using site = await makeSite(dir, latestRelease());
    const { port, aim, pid, server } = site;
    const healthy = watchHealth(port);
    const before = await takeSnapshot(dir, mayChange);
    // What is started once, when it is first needed, stays.
    const warming = await attack({
      port,
      aim,
      requests: 200,
      seed: interopSeed + 1,
      onProgress: () => undefined,
    });
    expectNothing(warming.wrong, server);
    const census = await settledCensus(dir, pid);
    const report = await attack({
      port,
      aim,
      requests,
      seed: interopSeed,
      onProgress: (done) => {
        if (isSoak && done % 5000 < 1000) console.log(`${done} requests`);
      },
    });
    expectNothing(report.wrong, server);
    const health = await healthy.end();
    expect(health.wrong).toEqual([]);
    let left: readonly string[] = [];
    const isBack = async (): Promise<boolean> => {
      left = grown(census, await takeCensus(dir, [pid]), site.repositories.length);
      return left.length === 0;
    };
    await until(isBack).catch(() => undefined);
    expect(left).toEqual([]);
    const peakMB = await peakMemory(pid);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(server.stderr()).not.toMatch(/\n\s+at .*\(|Error:/);
    expect(differences(before, await takeSnapshot(dir, mayChange))).toEqual([]);
    await checkRepositories(site);
    expect(peakMB).toBeLessThan(maxMemoryMB);
    const { wrong: _, ...figures } = report;
    console.log(JSON.stringify({ ...figures, peakMB }));
    if (isSoak) {
      await writeEvidence('hostile', {
        seed: interopSeed,
        ...figures,
        'healthz asked and answered': health.times,
        'peak memory, MB': peakMB,
      });
    }
  });
});

/** With what the server said, where there is something. */
function expectNothing(wrong: readonly string[], server: Running): void {
  expect(wrong.length === 0 ? [] : [...wrong, told(server)]).toEqual([]);
}

/** What the server said on standard error of anything but requests. */
function told(server: Running): string {
  const lines = server.stderr().split('\n');
  return lines
    .filter((line) => !line.includes('"event":"request"'))
    .join('\n')
    .slice(-4000);
}

/** What a store, a removal, or a commit of the git-annex branch changes, and the logs. */
function mayChange(path: string): boolean {
  return (
    /^(?:bare\.git|tree\/\.git|cluster\/\w+)\/(?:annex|objects|refs\/heads\/git-annex|logs\/refs\/heads\/git-annex)(?:\/|$)/.test(
      path,
    ) ||
    path === 'audit' ||
    path === 'log' ||
    path === 'private/.git/annex'
  );
}

/** Once nothing has come or gone for longer than a lock lives. */
async function settledCensus(dir: string, pid: number): Promise<Census> {
  let last = await takeCensus(dir, [pid]);
  let sinceMs = performance.now();
  while (performance.now() - sinceMs < 2500) {
    await sleep(250);
    const now = await takeCensus(dir, [pid]);
    if (JSON.stringify(now) !== JSON.stringify(last)) sinceMs = performance.now();
    last = now;
  }
  return last;
}

/** Apart from what a repository has once it was asked for the first time: a git or two that it asks, by three pipes each. */
function grown(before: Census, after: Census, repositories: number): readonly string[] {
  const { git: gitBefore = 0 } = before.processes;
  const { git: gitAfter = 0 } = after.processes;
  const { socket = 0 } = before.descriptors;
  const allowed = {
    processes: { ...before.processes, git: 2 * repositories },
    descriptors: { ...before.descriptors, socket: socket + 3 * Math.max(0, gitAfter - gitBefore) },
  };
  return moreThan(allowed, after);
}

interface Health {
  readonly times: number;
  readonly wrong: readonly string[];
}

/** Asks all the time whether the server lives. */
function watchHealth(port: number): { readonly end: () => Promise<Health> } {
  const wrong: string[] = [];
  let times = 0;
  const over = new AbortController();
  const asking = (async () => {
    while (!over.signal.aborted) {
      const status = await ask(port, { method: 'GET', path: '/healthz' }).then(
        (reply) => reply.status,
        String,
      );
      times++;
      if (status !== 200) wrong.push(`/healthz: ${status}`);
      await sleep(50);
    }
  })();
  return {
    end: async () => {
      over.abort();
      await asking;
      return { times, wrong };
    },
  };
}

/** By git, and by both releases of git-annex. */
async function checkRepositories({ repositories }: Site): Promise<void> {
  for (const { git, annex } of repositories) {
    await git(['fsck', '--strict']);
    for (const release of releases()) {
      const options = { release, timeoutMs: 600_000, allow: [0, 1] };
      const { stderr } = await annex(['fsck', '--all', '--quiet'], options);
      // Keys that clients removed from everywhere, and keys of backends that are not installed.
      const complaints = stderr.split('\n').filter((line) => !unavoidable.test(line));
      expect(complaints).toEqual([]);
    }
  }
}

const unavoidable =
  /^(?: {2}\*\* No known copies exist of .*| {2}Cannot run git-annex-backend-X.*|fsck: \d+ failed|)$/;
