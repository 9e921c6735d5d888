/**
 * Makes a gateway with a cluster of three nodes in a folder, as `annexus up` does: bare repositories `gateway.git` and
 * `node1.git` to `node3.git`, beside each other so that the folder can be moved. Needs nothing but git.
 *
 * Safe to cut off anywhere and to run again: a repository is made under another name and gets its own when it is
 * finished, the gateway last, since git leaves lock files behind where it is killed. Nothing that is there is replaced.
 */

import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AnnexError } from '../../types/annex-error.ts';
import { genClusterUUID } from '../../types/cluster-uuid.ts';
import type { UUID } from '../../types/uuid.ts';
import { textToByteString, type ByteString } from '../../util/byte-string.ts';
import { changePreferredContentLog, parsePreferredContentLog } from '../../logs/preferred-content-log.ts';
import { changeUUIDLog, parseUUIDLog } from '../../logs/uuid-log.ts';
import { configuredClusters } from '../annex/configured-remotes.ts';
import { initializeAnnex } from '../annex/initialize-annex.ts';
import { openAnnex, type AnnexOptions, type OpenAnnex } from '../annex/open-annex.ts';
import { updateClusterNodes } from '../annex/update-cluster.ts';
import { updateProxyRecords } from '../annex/update-proxy.ts';
import { durable } from '../git/durable.ts';
import { openGitRepository } from '../git/git-repository.ts';
import { runGit } from '../git/run-git.ts';
import { lockFile } from '../lock/file-lock.ts';

export interface MadeCluster {
  /** The gateway's repository. */
  readonly path: string;
  readonly isNew: boolean;
}

/**
 * Finds the gateway in `folder`, or makes one there.
 * @param options.name what the gateway is described as
 * Throws AnnexError('config') where the folder holds something else.
 */
export async function findOrMakeCluster(
  folder: string,
  options: AnnexOptions & { readonly name: string },
): Promise<MadeCluster> {
  if (await isAnnex(folder)) return { path: folder, isNew: false };
  const path = join(folder, 'gateway.git');
  if (await exists(path)) return { path, isNew: false };
  await assertOurs(folder);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw cannotUse(folder, error);
  });
  // Who starts twice at once makes one cluster.
  const lockPath = join(folder, lockName);
  const lock = await lockFile(lockPath, { mode: 'exclusive', create: 0o666 });
  try {
    if (await exists(path)) return { path, isNew: false };
    await removeUnfinished(folder);
    const nodes = new Map<string, UUID>();
    for (const name of nodeNames) nodes.set(name, await makeNode(folder, name, options));
    await makeGateway(folder, nodes, options);
    await rm(lockPath, { force: true });
    return { path, isNew: true };
  } finally {
    await lock.release();
  }
}

async function makeGateway(
  folder: string,
  nodes: ReadonlyMap<string, UUID>,
  options: AnnexOptions & { readonly name: string },
): Promise<void> {
  const unfinished = join(folder, `${unfinishedPrefix}gateway.git`);
  await makeRepository(unfinished, options.name, options);
  const gateway = await openAnnex(unfinished, options);
  try {
    await configureCluster(gateway, nodes, options);
  } finally {
    await gateway.close();
  }
  await rename(unfinished, join(folder, 'gateway.git'));
}

/** A node that an earlier run finished is taken as it is. */
async function makeNode(folder: string, name: string, options: AnnexOptions): Promise<UUID> {
  const path = join(folder, `${name}.git`);
  if (await exists(path)) {
    const node = await openAnnex(path, options);
    await node.close();
    return node.uuid;
  }
  const unfinished = join(folder, `${unfinishedPrefix}${name}.git`);
  const uuid = await makeRepository(unfinished, name, options);
  await rename(unfinished, path);
  return uuid;
}

async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(unfinishedPrefix)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function configureCluster(
  gateway: OpenAnnex,
  nodes: ReadonlyMap<string, UUID>,
  { rng }: AnnexOptions,
): Promise<void> {
  const { git } = gateway;
  const cluster = configuredClusters(await git.config()).get(clusterName) ?? genClusterUUID(rng);
  for (const [name, uuid] of nodes) {
    await git.setConfig(`remote.${name}.url`, `../${name}.git`);
    await git.setConfig(`remote.${name}.fetch`, `+refs/heads/*:refs/remotes/${name}/*`);
    await git.setConfig(`remote.${name}.annex-uuid`, uuid);
    await git.setConfig(`remote.${name}.annex-cluster-node`, clusterName);
    await describe(gateway, uuid, textToByteString(name));
  }
  await describe(gateway, cluster, textToByteString(`cluster ${clusterName}`));
  await keepGatewayEmpty(gateway);
  await git.setConfig(`annex.cluster.${clusterName}`, cluster);
  await updateClusterNodes(gateway);
  await updateProxyRecords(gateway);
}

async function describe(gateway: OpenAnnex, uuid: UUID, description: ByteString): Promise<void> {
  await gateway.branch.change('uuid.log', (old = '') => {
    if (parseUUIDLog(old).get(uuid) === description) return undefined;
    return changeUUIDLog(old, { uuid, description, nowSeconds: gateway.nowSeconds() });
  });
}

/** `git annex push` stores to every repository that wants content: the cluster does, and the gateway is only its door. */
async function keepGatewayEmpty(gateway: OpenAnnex): Promise<void> {
  const { uuid } = gateway;
  await gateway.branch.change('preferred-content.log', (old = '') => {
    if (parsePreferredContentLog(old).has(uuid)) return undefined;
    return changePreferredContentLog(old, { uuid, expression: 'nothing', nowSeconds: gateway.nowSeconds() });
  });
}

async function makeRepository(path: string, name: string, options: AnnexOptions): Promise<UUID> {
  await mkdir(path);
  await runGit([...durable, 'init', '--quiet', '--bare', '--initial-branch=main', '.'], { cwd: path });
  const git = await openGitRepository(path);
  try {
    return await initializeAnnex(git, { ...options, fallbackDescription: textToByteString(name) });
  } finally {
    await git.close();
  }
}

/** Whether the folder is itself an annex, and not merely inside of one. */
async function isAnnex(folder: string): Promise<boolean> {
  const looksLikeGit = (await exists(join(folder, '.git'))) || (await exists(join(folder, 'HEAD')));
  if (!looksLikeGit) return false;
  const git = await openGitRepository(folder);
  try {
    if ((await git.config()).get('annex.uuid') !== undefined) return true;
    throw new AnnexError(
      'config',
      `${folder} is a git repository but not an annex: run annexus init there first`,
    );
  } finally {
    await git.close();
  }
}

/** An empty folder, none, or what an earlier run left that was cut off. */
async function assertOurs(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cannotUse(folder, error);
  });
  const ours = new Set([lockName, ...nodeNames.map((name) => `${name}.git`)]);
  if (found.every((name) => ours.has(name) || name.startsWith(unfinishedPrefix))) return;
  throw new AnnexError(
    'config',
    `${folder} holds neither an annex nor a gateway.git, and is not empty: name another folder`,
  );
}

function cannotUse(folder: string, error: unknown): AnnexError {
  return new AnnexError('config', `${folder} cannot be used: ${(error as Error).message}`, { cause: error });
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

const clusterName = 'cluster';
const nodeNames = ['node1', 'node2', 'node3'] as const;
const unfinishedPrefix = '.unfinished-';
const lockName = '.annexus-up.lock';
