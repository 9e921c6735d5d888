// The whole of it: a crowd of clients vanishes while slow ones are served to their end and a stock git-annex works. Then
// nothing may be left of the crowd: no process, no descriptor, no lock beyond its time, no file that git-annex would not leave.
import { join } from 'node:path';
import type { Release } from '../../support/git-annex.ts';
import { type Census, moreThan, peakMemory, takeCensus } from './census.ts';
import { cloneOf, type Repository } from './cluster.ts';
import { halfMessages, makeSample, type Sample, type Target } from './half-messages.ts';
import { startUpload } from './http-client.ts';
import { findLeftovers } from './leftovers.ts';
import { NormalWork, type WorkReport } from './normal-work.ts';
import { type Pace, slowSessions } from './slow-sessions.ts';
import { largeBytes, Storm } from './storm.ts';
import type { ThreeWays } from './three-ways.ts';

export interface VanishingOptions {
  readonly world: ThreeWays;
  readonly release: Release;
  readonly clients: number;
  readonly sshClients: number;
  readonly pace: Pace;
  readonly isThorough: boolean;
  /** By then a silent client has to be cut off. */
  readonly cutOffMs: number;
  /** How long anything may take that is waited for. */
  readonly limitMs: number;
  readonly onProgress: (text: string) => void;
}

export interface VanishingReport {
  readonly clients: Readonly<Record<string, number>>;
  readonly slowSessions: number;
  readonly before: Census;
  readonly after: Census;
  readonly peakMemoryMiB: Readonly<Record<'gateway' | 'remotedaemon', number>>;
  readonly longestSilenceSeconds: number;
  readonly workBefore: WorkReport;
  readonly workMeanwhile: WorkReport;
  /** Half of an upload, to resume from. */
  readonly partials: number;
  readonly wrong: readonly string[];
}

export async function vanishingClients(options: VanishingOptions): Promise<VanishingReport> {
  const { world, release, onProgress, cutOffMs, limitMs } = options;
  const { cluster, server, daemon } = world;
  const large = makeSample(largeBytes);
  const locked = makeSample(1_000);
  const targets = await storeAll(world, large, locked);
  const client = await cloneOf({ cluster, server, release, dir: join(cluster.dir, 'laptop') });
  await warmUp(options, targets);
  const calm = new NormalWork({ world, client, name: 'calm' });
  calm.stop();
  const workBefore = await calm.run();
  const before = await untilSteady(options);
  onProgress(`before: ${JSON.stringify(before)}`);
  const { clients, sshClients, pace, isThorough } = options;
  const storm = new Storm(world, { clients, sshClients, targets, sayMs: limitMs, cutOffMs, onProgress });
  const work = new NormalWork({ world, client, name: 'stormy' });
  const working = work.run();
  // Who fails is told of below, however soon it fails.
  working.catch(() => undefined);
  const slow = slowSessions({ world, targets, large, pace, isThorough });
  await storm.rage();
  await storm.lockAll();
  onProgress('all have said their half');
  const wrong = await refusals(world, locked);
  onProgress('locked content stays');
  await storm.untilCutOff();
  onProgress('the silent ones are cut off');
  const { sessions, wrong: slowWrong } = await slow;
  onProgress('the slow ones have ended');
  work.stop();
  const workMeanwhile = await working;
  await storm.end();
  wrong.push(...storm.wrong, ...slowWrong, ...(await untilUnlocked(world, locked, limitMs)));
  onProgress('the locks have run out');
  const after = await untilNoMore(options, before);
  const { partials, strange } = await findLeftovers(cluster);
  return {
    clients: storm.counts,
    slowSessions: sessions,
    before,
    after,
    peakMemoryMiB: { gateway: await peakMemory(server.pid), remotedaemon: await peakMemory(daemon.pid) },
    longestSilenceSeconds: storm.longestSilenceSeconds,
    workBefore,
    workMeanwhile,
    partials,
    wrong: [...wrong, ...moreThan(before, after), ...strange],
  };
}

/** Stores both in the gateway itself and in every node. The cluster comes last. */
async function storeAll(world: ThreeWays, large: Sample, locked: Sample): Promise<readonly Target[]> {
  const { cluster, server } = world;
  for (const { key, content } of [large, locked]) {
    for (const { uuid } of [cluster.gateway, cluster]) {
      const answer = await startUpload({ server, uuid, key, content, offset: 0, pauseMs: 0 }).answer;
      const copies = uuid === cluster.uuid ? cluster.nodes.length : 0;
      if (answer?.stored !== true || answer.plusuuids.length !== copies)
        throw new Error(`stored nowhere near enough: ${JSON.stringify(answer)}`);
    }
  }
  const one = { largeKey: large.key, lockKey: locked.key };
  const single = [cluster.gateway, ...cluster.nodes].map(({ uuid }) => ({ uuid, ...one }));
  return [...single, { uuid: cluster.uuid, largeKey: large.key, lockKey: undefined }];
}

/** So that all is open that stays open: connections to nodes, programs that are kept. */
async function warmUp(
  { world, cutOffMs, limitMs }: VanishingOptions,
  targets: readonly Target[],
): Promise<void> {
  const kinds = halfMessages.filter(({ locks }) => locks !== true);
  const few = new Storm(world, {
    clients: kinds.length,
    sshClients: 1,
    kinds,
    ways: ['reset'],
    targets,
    sayMs: limitMs,
    cutOffMs,
    onProgress: () => undefined,
  });
  await few.rage();
  if (few.wrong.length > 0) throw new Error(few.wrong.join('\n'));
}

/** Resolves with what there is once it has been the same for a while. */
async function untilSteady({ world, limitMs }: VanishingOptions): Promise<Census> {
  const deadline = performance.now() + limitMs;
  let last = '';
  for (let same = 0; ; ) {
    const census = await censusOf(world);
    const text = JSON.stringify(census);
    same = text === last ? same + 1 : 0;
    last = text;
    if (same >= 4 || performance.now() > deadline) return census;
    await pause();
  }
}

/** Resolves once there is nothing more than before, or with what there is after a long time. */
async function untilNoMore({ world, limitMs }: VanishingOptions, before: Census): Promise<Census> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const census = await censusOf(world);
    if (moreThan(before, census).length === 0 || performance.now() > deadline) return census;
    await pause();
  }
}

async function censusOf({ cluster, server, httpNode, daemon }: ThreeWays): Promise<Census> {
  return await takeCensus(cluster.dir, [server.pid, httpNode.pid, daemon.pid]);
}

/** Where real git-annex could drop what is locked. */
async function refusals({ cluster }: ThreeWays, locked: Sample): Promise<string[]> {
  const all = [cluster.gateway, ...cluster.nodes];
  const dropped = await Promise.all(all.map(async (repository) => await drops(repository, locked)));
  return all.filter((_, at) => dropped[at]).map(({ name }) => `${name}: locked content was dropped`);
}

async function untilUnlocked({ cluster }: ThreeWays, locked: Sample, limitMs: number): Promise<string[]> {
  const deadline = performance.now() + limitMs;
  const wrong: string[] = [];
  for (const repository of [cluster.gateway, ...cluster.nodes]) {
    while (!(await drops(repository, locked))) {
      if (performance.now() < deadline) continue;
      wrong.push(`${repository.name}: the lock stays`);
      break;
    }
  }
  return wrong;
}

async function drops(repository: Repository, { key }: Sample): Promise<boolean> {
  const { exitCode } = await repository.annex(['drop', '--force', '--key', key], { allow: 'any' });
  return exitCode === 0;
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 200));
}
