/**
 * proxy.log with all that this repository proxies for (git-annex's updateproxy): the remotes that are configured so, its
 * clusters, and nodes of its clusters that it reaches through another gateway, under the names `GATEWAY-NODE` that it has
 * for them, by the shortest ways. Such a node stays recorded while it is a node and the other gateway serves it, even where the other gateway
 * cannot be reached as things are configured now.
 */

import { gatewaysOnTheWay, servedElsewhere } from '../../gateway/proxy-routes.ts';
import { parseClusterLog } from '../../logs/cluster-log.ts';
import { changeProxyLog, type ProxiedRemote } from '../../logs/proxy-log.ts';
import { isClusterUUID } from '../../types/cluster-uuid.ts';
import type { UUID } from '../../types/uuid.ts';
import { compareByteStrings, type ByteString } from '../../util/byte-string.ts';
import { privateUUIDs } from '../branch/branch-location-log.ts';
import { configuredClusters, type ConfiguredRemote } from './configured-remotes.ts';
import type { OpenAnnex } from './open-annex.ts';
import { proxyableRemotes, type RefusedRemote } from './proxyable.ts';
import { discoverRemotes } from './remotes.ts';

export interface ProxyChange {
  readonly name: ByteString;
  readonly started: boolean;
}

export interface ProxyChanges {
  /** By UUID, then by name. */
  readonly changes: readonly ProxyChange[];
  /** Remotes that are configured as proxied and cannot be. */
  readonly refused: readonly RefusedRemote[];
}

export async function updateProxyRecords(annex: OpenAnnex): Promise<ProxyChanges> {
  const { configured, instantiated, proxies } = await discoverRemotes(annex);
  const config = await annex.git.config();
  const clusters = configuredClusters(config);
  const remoteLog = (await annex.branch.read('remote.log')) ?? '';
  const { remotes, refused } = proxyableRemotes(
    [...configured, ...instantiated].filter(({ isProxied }) => isProxied),
    remoteLog,
  );
  const wanted: ProxiedRemote[] = remotes.map(({ uuid, name }) => ({ uuid, name }));
  for (const [name, uuid] of clusters) wanted.push({ uuid, name });
  // Read anew: updatecluster has changed it just now.
  const { nodesByCluster } = parseClusterLog((await annex.branch.read('cluster.log')) ?? '');
  const ourClusters = [...clusters.values()].filter(isClusterUUID);
  const nodes = new Set(ourClusters.flatMap((cluster) => [...(nodesByCluster.get(cluster) ?? [])]));
  const isMissing = ({ uuid }: { readonly uuid: UUID | undefined }): boolean =>
    uuid !== undefined && nodes.has(uuid) && !wanted.some((entry) => entry.uuid === uuid);
  wanted.push(...shortestWays(instantiated.filter(isMissing), proxies));
  const before = proxies.get(annex.uuid) ?? [];
  const elsewhere = servedElsewhere(proxies, annex.uuid);
  wanted.push(...before.filter((entry) => elsewhere.has(entry.uuid) && isMissing(entry)));
  const secret = privateUUIDs(config);
  const after = wanted.filter(({ uuid }) => !secret.has(uuid));
  await annex.branch.change('proxy.log', (old) =>
    changeProxyLog(old ?? '', { gateway: annex.uuid, remotes: after, nowSeconds: annex.nowSeconds() }),
  );
  return { changes: changesBetween(before, after), refused };
}

/**
 * The ways to each node that lead through the fewest gateways. Two gateways that recorded each other's ways around would
 * find longer ones at every update, without end.
 */
function shortestWays(
  remotes: readonly ConfiguredRemote[],
  proxies: ReadonlyMap<UUID, readonly ProxiedRemote[]>,
): readonly ProxiedRemote[] {
  const ways = remotes.flatMap(({ uuid, name }) => (uuid === undefined ? [] : [{ uuid, name }]));
  const lengths = ways.map((way) => gatewaysOnTheWay(way, proxies));
  const shortest = new Map<UUID, number>();
  for (const [index, { uuid }] of ways.entries()) {
    const length = lengths[index] ?? 0;
    shortest.set(uuid, Math.min(length, shortest.get(uuid) ?? length));
  }
  return ways.filter(({ uuid }, index) => lengths[index] === shortest.get(uuid));
}

function changesBetween(
  before: readonly ProxiedRemote[],
  after: readonly ProxiedRemote[],
): readonly ProxyChange[] {
  const wordOf = ({ uuid, name }: ProxiedRemote): string => `${uuid}:${name}`;
  const missing = (
    from: readonly ProxiedRemote[],
    to: readonly ProxiedRemote[],
  ): readonly ProxiedRemote[] => {
    const known = new Set(to.map(wordOf));
    return [...new Map(from.map((entry) => [wordOf(entry), entry])).values()].filter(
      (entry) => !known.has(wordOf(entry)),
    );
  };
  return [
    ...missing(after, before).map((entry) => ({ entry, started: true })),
    ...missing(before, after).map((entry) => ({ entry, started: false })),
  ]
    .sort(
      ({ entry: left }, { entry: right }) =>
        compareByteStrings(left.uuid, right.uuid) || compareByteStrings(left.name, right.name),
    )
    .map(({ entry: { name }, started }) => ({ name, started }));
}
