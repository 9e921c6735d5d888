/** What a repository's logs and git configuration say about what it serves, as `buildGateway` wants it. */

import type { GatewayConfig } from '../../gateway/gateway.ts';
import { parseClusterLog } from '../../logs/cluster-log.ts';
import { parseProxyLog } from '../../logs/proxy-log.ts';
import { deadUUIDs } from '../../logs/trust-log.ts';
import type { Remote } from '../../remote/remote.ts';
import { isClusterUUID, type ClusterUUID } from '../../types/cluster-uuid.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { configuredClusters, type ConfiguredRemote } from '../annex/configured-remotes.ts';
import { instantiateRemotes } from '../annex/instantiated-remotes.ts';
import type { GitConfig } from '../git/git-config.ts';
import { gatewayRemotes } from './gateway-remotes.ts';
import type { NodeRemotes } from './node-remotes.ts';

/** The logs that it is read from, in this order. */
export const gatewayLogs = ['proxy.log', 'cluster.log', 'trust.log'] as const;

export interface GatewaySources {
  readonly own: Remote;
  /** Of `gatewayLogs`; undefined where there is none. */
  readonly logs: readonly (ByteString | undefined)[];
  readonly config: GitConfig;
  readonly configured: readonly ConfiguredRemote[];
  readonly nodes: NodeRemotes;
}

export function gatewayConfig({ own, logs, config, configured, nodes }: GatewaySources): GatewayConfig {
  const [proxyLog = '', clusterLog = '', trustLog = ''] = logs;
  const proxies = parseProxyLog(proxyLog);
  const clusters = parseClusterLog(clusterLog);
  const instantiated = instantiateRemotes({
    config,
    remotes: configured,
    proxies,
    clusters,
    atAddresses: true,
  });
  return {
    own,
    remotes: gatewayRemotes({ configured, instantiated, proxies, nodes }),
    proxied: proxies.get(own.uuid) ?? [],
    clusters: clusters.nodesByCluster,
    clusterNames: onlyClusters(configuredClusters(config)),
    dead: deadUUIDs(trustLog),
  };
}

function onlyClusters(clusters: ReadonlyMap<ByteString, UUID>): ReadonlyMap<string, ClusterUUID> {
  const found = new Map<string, ClusterUUID>();
  for (const [name, uuid] of clusters) if (isClusterUUID(uuid)) found.set(name, uuid);
  return found;
}
