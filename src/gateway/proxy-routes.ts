/**
 * What proxy.log tells about ways to a node: which gateways serve it by themselves, and which pass on to another one.
 *
 * A gateway that reaches a node through another has it under its name for that gateway and the other's name for the node
 * (`ams-node1`, where `ams` has `node1`), so an entry whose name ends in another gateway's entry for the same node is a
 * way through that gateway. Names are all there is: the log does not say which remote of a gateway is which repository.
 */

import type { ProxiedRemote } from '../logs/proxy-log.ts';
import type { UUID } from '../types/uuid.ts';

export type Proxies = ReadonlyMap<UUID, readonly ProxiedRemote[]>;

/** What gateways other than `own` serve, leaving out what they only reach through `own`. */
export function servedElsewhere(proxies: Proxies, own: UUID): ReadonlySet<UUID> {
  const ours = proxies.get(own) ?? [];
  const others = [...proxies].filter(([gateway]) => gateway !== own);
  const entries = others.flatMap(([, theirs]) => theirs);
  return new Set(
    entries.filter((entry) => !ours.some((other) => isWayTo(entry, other))).map(({ uuid }) => uuid),
  );
}

/** How many further gateways lie on an entry's way: 0 where its gateway serves the node by itself. */
export function gatewaysOnTheWay(entry: ProxiedRemote, proxies: Proxies): number {
  const through = new Set<string>();
  for (const entries of proxies.values()) {
    for (const other of entries) if (isWayTo(entry, other)) through.add(other.name);
  }
  return through.size;
}

function isWayTo(entry: ProxiedRemote, other: ProxiedRemote): boolean {
  return entry.uuid === other.uuid && entry.name.endsWith(`-${other.name}`);
}
