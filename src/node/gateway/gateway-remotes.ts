/** The remotes that a gateway has to do with, as `buildGateway` wants them: those that it proxies for, and other gateways. */

import type { ConfiguredRemote as GatewayRemote, GatewayOnTheWay } from '../../gateway/gateway.ts';
import type { ProxiedRemote } from '../../logs/proxy-log.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ConfiguredRemote } from '../annex/configured-remotes.ts';
import type { InstantiatedRemotes } from '../annex/instantiated-remotes.ts';
import type { NodeRemotes } from './node-remotes.ts';

export interface KnownOfRemotes {
  readonly configured: readonly ConfiguredRemote[];
  readonly instantiated: InstantiatedRemotes;
  readonly proxies: ReadonlyMap<UUID, readonly ProxiedRemote[]>;
  readonly nodes: NodeRemotes;
}

export function gatewayRemotes(known: KnownOfRemotes): readonly GatewayRemote[] {
  return [...known.configured, ...known.instantiated.remotes].flatMap((remote) => {
    const { uuid } = remote;
    const behind = gatewayOnTheWay(remote, known);
    const isNested = behind !== undefined && behind.clusters.length > 0;
    if (uuid === undefined || !(remote.isProxied || isNested)) return [];
    return [
      {
        name: remote.name,
        cost: remote.cost,
        remote: known.nodes.of(uuid, remote, known.instantiated.config),
        proxy: remote.hasProxySetting,
        clusterNode: remote.nodeOf,
        behind,
      },
    ];
  });
}

function gatewayOnTheWay(
  { proxiedBy }: ConfiguredRemote,
  { configured, proxies }: KnownOfRemotes,
): GatewayOnTheWay | undefined {
  if (proxiedBy === undefined) return undefined;
  const clusters = configured.flatMap(({ uuid, gatewayOf }) => (uuid === proxiedBy ? gatewayOf : []));
  return { uuid: proxiedBy, clusters, proxied: proxies.get(proxiedBy) ?? [] };
}
