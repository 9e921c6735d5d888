// A cluster as real git-annex makes it: a gateway with three nodes, repositories side by side on one disk, reached by
// relative paths so that the whole directory can be copied. And clones of it, whose git side is the gateway's path
// while all content goes over HTTP, because remote.origin.annexUrl says so.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ran, type Release, type RunOptions, runIn } from '../../support/git-annex.ts';
import type { Server } from './server.ts';

const nodeNames = ['node1', 'node2', 'node3'] as const;

/** A repository that a scenario works in. */
export interface Repository {
  readonly name: string;
  readonly dir: string;
  readonly uuid: string;
  readonly bare: boolean;
  /** Runs `git annex ...` there; rejects where it fails, unless allowed. */
  readonly annex: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
  readonly git: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
}

export interface Cluster {
  readonly dir: string;
  readonly name: string;
  readonly uuid: string;
  readonly gateway: Repository;
  readonly nodes: readonly Repository[];
}

export interface ClusterOptions {
  /** Whose git-annex makes the repositories. */
  readonly release: Release;
  /** An existing empty directory; the repositories become gw, node1, node2 and node3 in it. */
  readonly dir: string;
  readonly bare: boolean;
  /** Three unless told. */
  readonly nodeCount?: number | undefined;
}

/** Makes the gateway and its nodes, and declares the cluster "mycluster" (half a second). */
export async function makeCluster(options: ClusterOptions): Promise<Cluster> {
  const { release, dir, bare, nodeCount = nodeNames.length } = options;
  const nodes: Repository[] = [];
  for (const name of Array.from({ length: nodeCount }, (_, index) => `node${index + 1}`)) {
    nodes.push(await initRepository({ release, dir: join(dir, name), bare, name }));
  }
  const gateway = await initRepository({ release, dir: join(dir, 'gw'), bare, name: 'gateway' });
  for (const { name } of nodes) {
    await gateway.git(['remote', 'add', name, `../${name}`]);
    await gateway.git(['config', `remote.${name}.annex-cluster-node`, 'mycluster']);
  }
  await gateway.annex(['initcluster', 'mycluster']);
  await gateway.annex(['updatecluster']);
  await gateway.annex(['updateproxy']);
  const uuid = (await gateway.git(['config', 'annex.cluster.mycluster'])).stdout.trim();
  return { dir, name: 'mycluster', uuid, gateway, nodes };
}

/** Finds again a cluster that makeCluster made, or a copy of one. */
export async function openCluster(dir: string, release: Release): Promise<Cluster> {
  const gateway = await openRepository({ release, dir: join(dir, 'gw'), name: 'gateway' });
  const nodes: Repository[] = [];
  for (const name of nodeNames) nodes.push(await openRepository({ release, dir: join(dir, name), name }));
  const uuid = (await gateway.git(['config', 'annex.cluster.mycluster'])).stdout.trim();
  return { dir, name: 'mycluster', uuid, gateway, nodes };
}

export interface CloneOptions {
  readonly cluster: Cluster;
  readonly server: Server;
  readonly release: Release;
  /** Made by git clone. */
  readonly dir: string;
}

/** A stock client's clone: remotes origin-mycluster, origin-node1 … appear by themselves. */
export async function cloneOf({ cluster, server, release, dir }: CloneOptions): Promise<Repository> {
  await runIn(cluster.dir, ['git', 'clone', '--quiet', cluster.gateway.dir, dir], { release });
  await runIn(dir, ['git', 'config', 'remote.origin.annexUrl', server.annexUrl], { release });
  await runIn(dir, ['git-annex', 'init', 'laptop'], { release });
  return await openRepository({ release, dir, name: 'laptop' });
}

interface InitOptions {
  readonly release: Release;
  readonly dir: string;
  readonly bare: boolean;
  readonly name: string;
}

export async function initRepository({ release, dir, bare, name }: InitOptions): Promise<Repository> {
  await mkdir(dir);
  await runIn(dir, ['git', 'init', '--quiet', ...(bare ? ['--bare'] : [])], { release });
  await runIn(dir, ['git-annex', 'init', name], { release });
  // A path's hooks are git-annex's own; a push to a branch that is checked out is taken as git-annex would.
  await runIn(dir, ['git', 'config', 'receive.denyCurrentBranch', 'updateInstead'], { release });
  return await openRepository({ release, dir, name });
}

async function openRepository(options: Omit<InitOptions, 'bare'>): Promise<Repository> {
  const { release, dir, name } = options;
  const git: Repository['git'] = async (args, more) =>
    await runIn(dir, ['git', ...args], { release, ...more });
  const annex: Repository['annex'] = async (args, more) =>
    await runIn(dir, ['git-annex', ...args], { release, ...more });
  const uuid = (await git(['config', 'annex.uuid'])).stdout.trim();
  const bare = (await git(['config', 'core.bare'])).stdout.trim() === 'true';
  return { name, dir, uuid, bare, git, annex };
}

/** The directory that holds annex/objects: .git, or the repository itself where bare. */
export function gitDirOf(repository: Repository): string {
  return repository.bare ? repository.dir : join(repository.dir, '.git');
}
