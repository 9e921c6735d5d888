/**
 * The git remotes of a repository as its git configuration describes them, with what git-annex keeps there about
 * proxying and clusters (remote.NAME.annex-proxy, annex-cluster-node, annex-cost, annex-uuid).
 */

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { byteStringToUTF8, type ByteString } from '../../util/byte-string.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import type { GitConfig } from '../git/git-config.ts';
import { openGitRepository, type GitRepository } from '../git/git-repository.ts';

export interface ConfiguredRemote {
  readonly name: ByteString;
  /** Undefined until the remote has been seen with one. */
  readonly uuid: UUID | undefined;
  readonly url: ByteString | undefined;
  /** Absolute path where the remote is a repository on this machine. */
  readonly localPath: string | undefined;
  /** Lower is asked first; git-annex's defaults where nothing is set. */
  readonly cost: number;
  /** remote.NAME.annex-proxy, or implied by being a node. */
  readonly isProxied: boolean;
  /** Names of the clusters that it is configured as a node of. */
  readonly nodeOf: readonly ByteString[];
  readonly isIgnored: boolean;
}

/** In the order of the configuration. Remotes without a URL are special remotes. */
export async function configuredRemotes(repository: GitRepository): Promise<readonly ConfiguredRemote[]> {
  const config = await repository.config();
  const base = repository.workTree ?? repository.gitDir;
  return config.subsections('remote').map((name) => configuredRemote(config, name, base));
}

/** Cluster names and UUIDs that this repository is a gateway of (annex.cluster.NAME). */
export function configuredClusters(config: GitConfig): ReadonlyMap<ByteString, UUID> {
  const clusters = new Map<ByteString, UUID>();
  for (const [name, value] of config.variables('annex', 'cluster')) {
    const uuid = parseUUID(value);
    if (uuid !== undefined) clusters.set(name, uuid);
  }
  return clusters;
}

/**
 * Asks remotes on this machine that have no annex-uuid yet for it, and notes it in the configuration, as git-annex does
 * when it first sees a remote.
 */
export async function discoverRemoteUUIDs(repository: GitRepository): Promise<readonly ConfiguredRemote[]> {
  for (const remote of await configuredRemotes(repository)) {
    if (remote.uuid !== undefined || remote.localPath === undefined) continue;
    const uuid = await uuidAt(remote.localPath);
    const name = byteStringToUTF8(remote.name);
    if (uuid === undefined || name === undefined) continue;
    await repository.setConfig(`remote.${name}.annex-uuid`, uuid);
  }
  return await configuredRemotes(repository);
}

async function uuidAt(path: string): Promise<UUID | undefined> {
  let there: GitRepository;
  try {
    there = await openGitRepository(path);
  } catch {
    return undefined;
  }
  try {
    return parseUUID((await there.config()).get('annex.uuid') ?? '');
  } finally {
    await there.close();
  }
}

function configuredRemote(config: GitConfig, name: ByteString, base: string): ConfiguredRemote {
  const key = (variable: string): string => `remote.${name}.${variable}`;
  const url = config.get(key('url'));
  const localPath = url === undefined ? undefined : localPathOf(url, base);
  const nodeOf = (config.get(key('annex-cluster-node')) ?? '').split(/\s+/).filter((word) => word !== '');
  return {
    name,
    uuid: parseUUID(config.get(key('annex-uuid')) ?? ''),
    url,
    localPath,
    cost: parseCost(config.get(key('annex-cost'))) ?? (localPath === undefined ? expensiveCost : cheapCost),
    isProxied: config.getBool(key('annex-proxy')) === true || nodeOf.length > 0,
    nodeOf,
    isIgnored: config.getBool(key('annex-ignore')) === true,
  };
}

/** Git's rule: a URL has a scheme, `host:path` has a colon before the first slash, all else is a path. */
function localPathOf(url: ByteString, base: string): string | undefined {
  const text = byteStringToUTF8(url);
  if (text === undefined || text === '') return undefined;
  if (text.startsWith('file://')) return filePath(text);
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text) || /^[^/]*::/.test(text)) return undefined;
  const colon = text.indexOf(':');
  const slash = text.indexOf('/');
  if (colon !== -1 && (slash === -1 || colon < slash)) return undefined;
  return resolve(base, text);
}

function filePath(url: string): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

function parseCost(text: ByteString | undefined): number | undefined {
  if (text === undefined || !/^\d+(\.\d+)?$/.test(text)) return undefined;
  return Number(text);
}

// git-annex's costs of a repository on this machine and of one that is elsewhere.
const cheapCost = 100;
const expensiveCost = 200;
