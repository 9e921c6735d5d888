/** All remotes of a repository: those of its git configuration, and those that exist only through a gateway. */

import { parseClusterLog, type ClusterMap } from '../../logs/cluster-log.ts';
import { parseProxyLog, type ProxiedRemote } from '../../logs/proxy-log.ts';
import type { UUID } from '../../types/uuid.ts';
import { configuredRemotes, discoverRemoteUUIDs, type ConfiguredRemote } from './configured-remotes.ts';
import { instantiateRemotes, sortedRemotes } from './instantiated-remotes.ts';
import type { OpenAnnex } from './open-annex.ts';

export interface AllRemotes {
  /** In the order of their names. */
  readonly configured: readonly ConfiguredRemote[];
  /** By their gateways' names. */
  readonly instantiated: readonly ConfiguredRemote[];
  readonly proxies: ReadonlyMap<UUID, readonly ProxiedRemote[]>;
  readonly clusters: ClusterMap;
}

/** @param options.discover asks remotes on this machine that have no UUID yet for theirs, and notes it. */
export async function readRemotes(
  annex: Pick<OpenAnnex, 'git' | 'branch'>,
  options: { readonly discover?: boolean } = {},
): Promise<AllRemotes> {
  const remotes = await (options.discover === true ? discoverRemoteUUIDs : configuredRemotes)(annex.git);
  const proxies = parseProxyLog((await annex.branch.read('proxy.log')) ?? '');
  const clusters = parseClusterLog((await annex.branch.read('cluster.log')) ?? '');
  const config = await annex.git.config();
  const instantiated = instantiateRemotes({ config, remotes, proxies, clusters }).remotes;
  return { configured: sortedRemotes(remotes), instantiated, proxies, clusters };
}

/** The remote that is told of where a repository is asked about: those behind gateways first, then the first by name. */
export function remoteOf(uuid: UUID, { configured, instantiated }: AllRemotes): ConfiguredRemote | undefined {
  return [...instantiated, ...configured].find((remote) => remote.uuid === uuid);
}
