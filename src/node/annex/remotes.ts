/** All remotes of a repository: those of its git configuration, and those that exist only through a gateway. */

import { parseClusterLog, type ClusterMap } from '../../logs/cluster-log.ts';
import { parseProxyLog, type ProxiedRemote } from '../../logs/proxy-log.ts';
import type { UUID } from '../../types/uuid.ts';
import { configuredRemotes, discoverLocalUUIDs, type ConfiguredRemote } from './configured-remotes.ts';
import { instantiateRemotes, sortedRemotes } from './instantiated-remotes.ts';
import type { OpenAnnex } from './open-annex.ts';
import { RemoteDiscovery } from './remote-discovery.ts';

export interface AllRemotes {
  /** In the order of their names. */
  readonly configured: readonly ConfiguredRemote[];
  /** By their gateways' names. */
  readonly instantiated: readonly ConfiguredRemote[];
  readonly proxies: ReadonlyMap<UUID, readonly ProxiedRemote[]>;
  readonly clusters: ClusterMap;
}

export async function readRemotes(annex: Pick<OpenAnnex, 'git' | 'branch'>): Promise<AllRemotes> {
  return await allRemotes(annex, await configuredRemotes(annex.git), { atAddresses: false });
}

/**
 * For the commands of a gateway: first asks remotes that have no UUID yet for theirs, for ten seconds at most, and notes it.
 * Among them are those behind gateways at P2P addresses, which git-annex does not know.
 */
export async function discoverRemotes(annex: OpenAnnex): Promise<AllRemotes> {
  const { git, clock, events } = annex;
  const discovery = new RemoteDiscovery({ git, clock, events, environment: process.env });
  await discovery.ask(await discoverLocalUUIDs(git));
  return await allRemotes(annex, await configuredRemotes(git), { atAddresses: true });
}

async function allRemotes(
  { git, branch }: Pick<OpenAnnex, 'git' | 'branch'>,
  remotes: readonly ConfiguredRemote[],
  { atAddresses }: { readonly atAddresses: boolean },
): Promise<AllRemotes> {
  const proxies = parseProxyLog((await branch.read('proxy.log')) ?? '');
  const clusters = parseClusterLog((await branch.read('cluster.log')) ?? '');
  const config = await git.config();
  const instantiated = instantiateRemotes({ config, remotes, proxies, clusters, atAddresses }).remotes;
  return { configured: sortedRemotes(remotes), instantiated, proxies, clusters };
}

/** The remote that is told of where a repository is asked about: those behind gateways first, then the first by name. */
export function remoteOf(uuid: UUID, { configured, instantiated }: AllRemotes): ConfiguredRemote | undefined {
  return [...instantiated, ...configured].find((remote) => remote.uuid === uuid);
}
