// Four stock clients at once copy files to a cluster of five nodes with maximum sizes, until it is full: where the files
// went, how full the nodes are at half time, and what was said when there was no room. The nodes' sizes are what is on
// their disks; the logs and the maxsize commands must agree with that.
import { randomBytes } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { annexusProgram, runIn, type Release } from '../../support/git-annex.ts';
import { cloneOf, makeCluster, type Cluster, type Repository } from './cluster.ts';
import { clusterDisagreements, objectsIn } from './examine.ts';
import type { Random } from './random.ts';
import { startServer } from './server.ts';

export interface FillOptions {
  readonly release: Release;
  /** An existing empty directory. */
  readonly dir: string;
  /** `balanced=nodes:1` for instance; all nodes are in the group `nodes`. */
  readonly expression: string;
  /** Of each of the nodes. */
  readonly maxSizesBytes: readonly number[];
  readonly clients: number;
  readonly fileBytes: number;
  readonly random: Random;
}

export interface FillReport {
  readonly files: number;
  readonly stored: number;
  /** What clients were told of files that had no room, each message once. */
  readonly refusals: readonly string[];
  /** The share of its maximum that each node holds when half of the room is used, and at the end. */
  readonly halfFull: readonly number[];
  readonly full: readonly number[];
  /** What should not be, in words. */
  readonly wrong: readonly string[];
}

/** The fill, by as many files as would take all the room and a fifth more. */
export async function fillCluster(options: FillOptions): Promise<FillReport> {
  const { release, dir, maxSizesBytes, fileBytes } = options;
  const cluster = await makeCluster({ release, dir, bare: true, nodeCount: maxSizesBytes.length });
  await configure(cluster, options);
  await using server = await startServer({ kind: 'annexus', release, repositoryDir: cluster.gateway.dir });
  const clients: Repository[] = [];
  for (let index = 0; index < options.clients; index++)
    clients.push(await cloneOf({ cluster, server, release, dir: join(dir, `laptop${index}`) }));
  const room = maxSizesBytes.reduce((sum, bytes) => sum + bytes, 0);
  const count = Math.ceil((1.2 * room) / fileBytes / clients.length);
  for (const client of clients) await addFiles(client, count, options);

  const half = Math.floor(room / 2 / fileBytes / clients.length);
  const outcomes = await copyAll(clients, { from: 0, to: half });
  const halfFull = await fullness(cluster, maxSizesBytes);
  outcomes.push(...(await copyAll(clients, { from: half, to: count })));
  const wrong = [
    ...(await clusterDisagreements(cluster)),
    ...(await misplaced(cluster, outcomes)),
    ...(await overfull(cluster, maxSizesBytes)),
    ...(await sizesDiffer(cluster, release)),
  ];
  return {
    files: outcomes.length,
    stored: outcomes.filter(({ stored }) => stored).length,
    refusals: [...new Set(outcomes.flatMap(({ messages }) => messages))],
    halfFull,
    full: await fullness(cluster, maxSizesBytes),
    wrong,
  };
}

async function configure({ gateway, nodes }: Cluster, options: FillOptions): Promise<void> {
  for (const [index, { name }] of nodes.entries()) {
    await gateway.annex(['group', name, 'nodes']);
    await gateway.annex(['wanted', name, options.expression]);
    await gateway.annex(['maxsize', name, `${options.maxSizesBytes[index]} bytes`]);
  }
}

/** Files of nearly the same size, all different. */
async function addFiles(client: Repository, count: number, options: FillOptions): Promise<void> {
  for (let index = 0; index < count; index++) {
    const bytes = Math.round(options.fileBytes * (0.95 + options.random() / 10));
    await writeFile(join(client.dir, fileName(index)), randomBytes(bytes));
  }
  await client.annex(['add', '.']);
}

interface Outcome {
  readonly key: string;
  readonly stored: boolean;
  readonly messages: readonly string[];
}

async function copyAll(
  clients: readonly Repository[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Outcome[]> {
  const files = Array.from({ length: to - from }, (_, index) => fileName(from + index));
  const outcomes = clients.map(async (client): Promise<readonly Outcome[]> => {
    const args = ['copy', '--to', 'origin-mycluster', '--json', '--json-error-messages', ...files];
    const { stdout } = await client.annex(args, { allow: 'any', timeoutMs: 600_000 });
    return stdout
      .trim()
      .split('\n')
      .map((line) => {
        const said = JSON.parse(line) as {
          readonly key: string;
          readonly success: boolean;
          readonly 'error-messages': readonly string[];
        };
        const messages = said['error-messages'].map((message) => message.replaceAll(said.key, 'KEY'));
        return { key: said.key, stored: said.success, messages };
      });
  });
  return (await Promise.all(outcomes)).flat();
}

/** Keys that are not at just one node though they were stored, or at any though they were not. */
async function misplaced({ nodes }: Cluster, outcomes: readonly Outcome[]): Promise<string[]> {
  const copies = new Map<string, number>();
  for (const node of nodes)
    for (const key of (await objectsIn(node)).keys()) copies.set(key, (copies.get(key) ?? 0) + 1);
  return outcomes.flatMap(({ key, stored }) => {
    const found = copies.get(key) ?? 0;
    return found === (stored ? 1 : 0)
      ? []
      : [`${key} was ${stored ? '' : 'not '}stored and is at ${found} nodes`];
  });
}

async function sizesOnDisk({ nodes }: Cluster): Promise<readonly number[]> {
  return await Promise.all(
    nodes.map(async (node) => {
      const files = [...(await objectsIn(node)).values()];
      const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size));
      return sizes.reduce((sum, size) => sum + size, 0);
    }),
  );
}

async function fullness(cluster: Cluster, maxSizesBytes: readonly number[]): Promise<readonly number[]> {
  const sizes = await sizesOnDisk(cluster);
  return sizes.map((size, index) => Number((size / (maxSizesBytes[index] ?? 1)).toFixed(3)));
}

async function overfull(cluster: Cluster, maxSizesBytes: readonly number[]): Promise<string[]> {
  const sizes = await sizesOnDisk(cluster);
  return sizes.flatMap((size, index) => {
    const most = maxSizesBytes[index] ?? 0;
    return size > most ? [`${cluster.nodes[index]?.name} holds ${size} bytes of at most ${most}`] : [];
  });
}

async function sizesDiffer({ gateway }: Cluster, release: Release): Promise<string[]> {
  const args = ['maxsize', '--bytes'];
  const theirs = await gateway.annex(args);
  const ours = await runIn(gateway.dir, [process.execPath, annexusProgram, ...args], { release });
  if (ours.stdout === theirs.stdout) return [];
  return [`git-annex maxsize says\n${theirs.stdout}and annexus maxsize\n${ours.stdout}`];
}

function fileName(index: number): string {
  return `file${String(index).padStart(4, '0')}`;
}
