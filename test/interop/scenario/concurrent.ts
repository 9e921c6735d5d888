// Clients work with the cluster over HTTP while real git-annex processes work inside the gateway's and the nodes'
// repositories, each one command after another. Every drop asks for a copy elsewhere first, as users' drops do.
// An owned file is worked on by one worker alone, so every log must be right about it in the end, whatever the others
// did to the same branch and journal. A shared file is worked on by all at once: two processes of git-annex itself may
// then log a copy that one of them has just dropped, and fsck mends that; but it may never be lost.
import { join } from 'node:path';
import type { Release } from '../../support/git-annex.ts';
import { type Cluster, cloneOf, type Repository } from './cluster.ts';
import { pick, type Random, randomFrom } from './random.ts';
import { keyOf, writeSample } from './samples.ts';
import { type Server, serverKind } from './server.ts';

export interface Worker {
  readonly repository: Repository;
  readonly isClient: boolean;
  /** The files that no other worker touches, and those that all do: names to serialized keys. */
  readonly owned: ReadonlyMap<string, string>;
  readonly shared: ReadonlyMap<string, string>;
}

export interface WorkReport {
  readonly clientCommands: number;
  readonly localCommands: number;
  /**
   * Commands that ended with an error, by what they were, with the last that they said: a drop that found too few
   * copies, a sync whose push came second. These are right; they are shown for whoever wants to look.
   */
  readonly failed: Readonly<Record<string, { readonly times: number; readonly last: string }>>;
  /** Errors that no concurrency excuses. */
  readonly wrong: readonly string[];
  readonly steps: readonly Step[];
}

/** Clones for the clients of a run, one for each release. */
export async function cloneAll(options: {
  readonly cluster: Cluster;
  readonly server: Server;
  readonly releases: readonly Release[];
}): Promise<Repository[]> {
  const { cluster, server, releases } = options;
  const clones: Repository[] = [];
  for (const release of releases) {
    clones.push(
      await cloneOf({ cluster, server, release, dir: join(cluster.dir, `laptop-${release.name}`) }),
    );
  }
  return clones;
}

/**
 * Gives each worker eight files of its own and all of them eight together, has them in every node and in the first
 * client, and makes the repositories of the cluster known to each other.
 */
export async function makeWorkers(cluster: Cluster, clients: readonly Repository[]): Promise<Worker[]> {
  const [first] = clients;
  if (first === undefined) throw new Error('there is no client');
  const all = [...clients, cluster.gateway, ...cluster.nodes];
  const count = 8;
  for (const name of [...all.map((_, index) => `owned${index}-`), 'shared']) {
    for (let at = 0; at < count; at += 1) await writeSample(first, `${name}${at}`, 2_000 + at * 30_000);
  }
  await first.annex(['add', '--quiet', '.']);
  await first.git(['commit', '--quiet', '--message', 'files']);
  await first.annex(['copy', '--quiet', '--to', 'origin-mycluster', '.']);
  await first.annex(['sync', '--quiet', '--no-content', 'origin']);
  await introduce(cluster);
  for (const client of clients.slice(1)) await client.annex(['sync', '--quiet', '--no-content', 'origin']);

  const filesOf = async (prefix: string): Promise<Map<string, string>> => {
    const files = new Map<string, string>();
    for (let at = 0; at < count; at += 1) files.set(`${prefix}${at}`, await keyOf(first, `${prefix}${at}`));
    return files;
  };
  const shared = await filesOf('shared');
  const workers: Worker[] = [];
  for (const [index, repository] of all.entries()) {
    const isClient = index < clients.length;
    workers.push({ repository, isClient, shared, owned: await filesOf(`owned${index}-`) });
  }
  return workers;
}

/** One command of a worker, for whoever looks into a failure. */
export interface Step {
  readonly repository: string;
  readonly args: readonly string[];
  /** Seconds since the epoch, as the logs have them. */
  readonly from: number;
  readonly to: number;
  readonly exitCode: number;
}

export interface WorkOptions {
  readonly seconds: number;
  readonly seed: number;
}

/** Lets all work at the same time for so many seconds; resolves when the last command has ended. */
export async function workTogether(
  workers: readonly Worker[],
  { seconds, seed }: WorkOptions,
): Promise<WorkReport> {
  const until = performance.now() + seconds * 1000;
  const commands = { client: 0, local: 0 };
  const failed: Record<string, { times: number; last: string }> = {};
  const wrong: string[] = [];
  const steps: Step[] = [];
  const work = async (worker: Worker, random: Random): Promise<void> => {
    while (performance.now() < until) {
      const args = worker.isClient ? clientCommand(random, worker) : localCommand(random, worker);
      const from = Date.now() / 1000;
      const ran = await worker.repository.annex(args, { allow: 'any', timeoutMs: 120_000 });
      commands[worker.isClient ? 'client' : 'local'] += 1;
      const { exitCode } = ran;
      steps.push({ repository: worker.repository.name, args, from, to: Date.now() / 1000, exitCode });
      if (exitCode === 0) continue;
      const words = args.filter((arg) => !/^--key=|^owned|^shared/.test(arg));
      const label = `${worker.repository.name}: ${words.join(' ')}`;
      const last = (ran.stderr.trim() || ran.stdout.trim()).slice(-160);
      failed[label] = { times: (failed[label]?.times ?? 0) + 1, last };
      const line = (ran.stdout + ran.stderr).split('\n').find((text) => severe.test(text));
      if (line !== undefined) wrong.push(`${label}: ${line.trim()}`);
    }
  };
  await Promise.all(workers.map(async (worker, index) => work(worker, randomFrom(seed + index))));
  return { clientCommands: commands.client, localCommands: commands.local, failed, wrong, steps };
}

/** Brings all logs together: every repository of the cluster learns what the others wrote to their branches. */
export async function mergeAll({ gateway, nodes }: Cluster): Promise<void> {
  await gateway.git(['fetch', '--quiet', '--all']);
  await gateway.annex(['merge', '--quiet']);
  for (const node of nodes) {
    await node.git(['fetch', '--quiet', 'gateway']);
    await node.annex(['merge', '--quiet']);
  }
  // Merging may have written what the gateway has not seen; a second look is enough, since nobody works any more.
  await gateway.git(['fetch', '--quiet', '--all']);
  await gateway.annex(['merge', '--quiet']);
}

/** The commands about each key that is not logged right, and the history of its log in every repository. */
export async function explainDisagreements(
  { gateway, nodes }: Cluster,
  workers: readonly Worker[],
  { steps, disagreements }: { readonly steps: readonly Step[]; readonly disagreements: readonly string[] },
): Promise<string> {
  const lines: string[] = [];
  const all = workers.flatMap(({ owned }) => [...owned]);
  for (const [file, key] of all.filter(([, each]) => disagreements.some((text) => text.includes(each)))) {
    lines.push(`${file} is ${key}`);
    for (const { repository, args, from, to, exitCode } of steps) {
      if (!args.includes(file) && !args.includes(`--key=${key}`) && !/merge|sync/.test(args[0] ?? ''))
        continue;
      lines.push(`${from.toFixed(3)} to ${to.toFixed(3)} ${repository}: ${args.join(' ')} -> ${exitCode}`);
    }
    for (const repository of [gateway, ...nodes]) {
      lines.push(`${repository.name} is ${repository.uuid}`);
      const history = ['log', '--format=%h %ct %s', '-p', '--unified=0', 'git-annex', '--', `*/${key}.log`];
      lines.push((await repository.git(history)).stdout);
    }
  }
  return lines.join('\n');
}

// git-annex's own server answers with nothing, and 200, for content that another process has just dropped.
const severe =
  serverKind === 'git-annex'
    ? /internal error|corrupt|index file/i
    : /internal error|invariant|protocol error|unexpected response|corrupt|content failed|went wrong|index file/i;

async function introduce({ gateway, nodes }: Cluster): Promise<void> {
  for (const node of nodes) {
    await node.git(['remote', 'add', 'gateway', '../gw']);
    for (const other of nodes) {
      if (other !== node) await node.git(['remote', 'add', other.name, `../${other.name}`]);
    }
    await node.git(['fetch', '--quiet', '--all']);
    await node.annex(['merge', '--quiet']);
  }
  await gateway.annex(['merge', '--quiet']);
}

// Users name files; -J4 makes several connections.
function clientCommand(random: Random, { owned, shared }: Worker): string[] {
  const group = [...pick(random, [owned, shared]).keys()];
  const one = pick(random, group);
  const node = pick(random, ['origin-node1', 'origin-node2', 'origin-node3']);
  return pick(random, [
    ['copy', '--to', 'origin-mycluster', '-J4', ...group],
    ['copy', '--to', 'origin-mycluster', '-J4', ...group],
    ['get', '-J4', ...group],
    ['drop', '-J4', ...group],
    ['copy', '--to', node, one],
    ['move', '--to', node, one],
    ['move', '--from', node, one],
    ['drop', '--from', node, one],
    ['get', '--from', node, one],
    ['move', '--from', 'origin-mycluster', one],
    ['fsck', '--from', 'origin-mycluster', one],
    ['sync', '--no-content', 'origin'],
  ]);
}

// What an administrator or a cron job does inside a repository of the cluster, by keys, so that bare ones do it too.
function localCommand(random: Random, { repository, owned, shared }: Worker): string[] {
  const key = `--key=${pick(random, [...pick(random, [owned, shared]).values()])}`;
  const others = ['gateway', 'node1', 'node2', 'node3'].filter((name) => name !== repository.name);
  const other = pick(random, others);
  return pick(random, [
    ['get', key],
    ['drop', key],
    ['copy', key, '--to', other],
    ['move', key, '--to', other],
    ['move', key, '--from', other],
    ['drop', key, '--from', other],
    ['fsck', key],
    ['merge'],
    ['sync', '--no-content'],
  ]);
}
