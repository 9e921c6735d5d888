/**
 * The git remotes of a repository as its git configuration describes them, with what git-annex keeps there about
 * proxying and clusters (remote.NAME.annex-proxy, annex-cluster-node, annex-cluster-gateway, annex-cost, annex-uuid).
 * Those that exist only through a gateway are in `instantiated-remotes.ts`; both have the same shape.
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
  /** The UUID that remote.log and proxy.log know it by: annex-config-uuid where that is set. */
  readonly configUUID: UUID | undefined;
  readonly url: ByteString | undefined;
  /** remote.NAME.annexUrl: where the P2P protocol over HTTP is spoken. */
  readonly annexURL: ByteString | undefined;
  /** Absolute path where the remote is a repository on this machine. */
  readonly localPath: string | undefined;
  /** Lower is asked first; git-annex's defaults where nothing is set. */
  readonly cost: number;
  /** remote.NAME.annex-proxy, or implied by being a node (of whatever cluster). */
  readonly isProxied: boolean;
  /** remote.NAME.annex-proxy alone. */
  readonly hasProxySetting: boolean;
  /** Names of the clusters that it is configured as a node of. */
  readonly nodeOf: readonly ByteString[];
  /** The clusters that it is another gateway of (annex-cluster-gateway). */
  readonly gatewayOf: readonly UUID[];
  /** The gateway that it is reached through, where it exists only as a proxied remote. */
  readonly proxiedBy: UUID | undefined;
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
export async function discoverLocalUUIDs(repository: GitRepository): Promise<readonly ConfiguredRemote[]> {
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

/** One remote as this configuration has it. `base` is what relative paths start from. */
export function configuredRemote(config: GitConfig, name: ByteString, base: string): ConfiguredRemote {
  const get = (variable: string): ByteString | undefined => config.get(`remote.${name}.${variable}`);
  const isTrue = (variable: string): boolean => config.getBool(`remote.${name}.${variable}`) === true;
  const url = get('url');
  const uuid = parseUUID(get('annex-uuid') ?? '');
  const proxiedBy = parseUUID(get('annex-proxied-by') ?? '');
  const path = url === undefined ? undefined : localPathOf(url, base);
  const node = get('annex-cluster-node');
  const hasProxySetting = isTrue('annex-proxy');
  return {
    name,
    uuid,
    configUUID: parseUUID(get('annex-config-uuid') ?? '') ?? uuid,
    url,
    annexURL: get('annexurl'),
    // What is proxied is not at its gateway's path.
    localPath: proxiedBy === undefined ? path : undefined,
    cost: parseCost(get('annex-cost')) ?? defaultCost(url, path),
    // Git-annex takes the setting's being there, were it empty, for a wish to proxy.
    isProxied: hasProxySetting || node !== undefined,
    hasProxySetting,
    nodeOf: wordsOf(node),
    gatewayOf: wordsOf(get('annex-cluster-gateway')).flatMap((word) => parseUUID(word) ?? []),
    proxiedBy,
    isIgnored: isTrue('annex-ignore'),
  };
}

/** The cost of a remote that has no annex-cost. */
export function defaultCostOf(remote: ConfiguredRemote): number {
  return defaultCost(remote.url, remote.localPath);
}

function defaultCost(url: ByteString | undefined, path: string | undefined): number {
  if (path !== undefined) return cheapCost;
  return url !== undefined && isPeerAddress(url) ? veryExpensiveCost : expensiveCost;
}

/** Addresses of repositories reached over Tor and other peer-to-peer networks. */
export function isPeerAddress(url: ByteString): boolean {
  return /^(tor|p2p)-annex::/.test(url);
}

function wordsOf(value: ByteString | undefined): readonly ByteString[] {
  return (value ?? '').split(/\s+/).filter((word) => word !== '');
}

/** Where on this machine a URL leads, if it does. Git's rule: a URL has a scheme, `host:path` has a colon before the first slash, all else is a path. */
export function localPathOf(url: ByteString, base: string): string | undefined {
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

// git-annex's costs of a repository on this machine, of one that is elsewhere, and of one behind Tor and the like.
const cheapCost = 100;
const expensiveCost = 200;
const veryExpensiveCost = 1000;
