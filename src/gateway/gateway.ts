/**
 * A UUID in, a Remote out: the repository itself, one of its remotes, or a cluster.
 *
 * Built from plain data, which the caller reads from the git config and the git-annex branch; rebuilt when those change.
 * The rules are git-annex's (git-annex-shell's choice of what to proxy): a UUID is proxied only if this repository's own
 * line of proxy.log has it, and a remote only under the name that it has there, so that a remote that was renamed is
 * not proxied until `updateproxy` was run. What is reached through another gateway (`proxiedBy`) is served where that
 * gateway is configured as one of clusters; a cluster seen through it becomes a node of the same cluster here.
 */

import { isClusterUUID, type ClusterUUID } from '../types/cluster-uuid.ts';
import type { EventSink } from '../types/event.ts';
import type { UUID } from '../types/uuid.ts';
import type { Clock, Rng } from '../util/clock.ts';
import type { DigestFactory, Remote } from '../remote/remote.ts';
import { Cluster } from './cluster.ts';
import type { ClusterFiller } from './cluster-fill.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { LocationTracker } from './location-tracker.ts';
import type { NodeLoads } from './node-loads.ts';
import type { Placement } from './placement.ts';
import { ProxiedRemote } from './proxied-remote.ts';
import { gatewaysOnTheWay } from './proxy-routes.ts';
import type { SharedUploads } from './shared-uploads.ts';

/** What stays the same while the configuration changes. */
export interface GatewayServices {
  readonly tracker: LocationTracker;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly makeDigest: DigestFactory;
  readonly placement: Placement;
  readonly report: EventSink;
  readonly loads: NodeLoads;
  readonly uploads: SharedUploads;
  readonly filler?: ClusterFiller | undefined;
  /** 30 s where not given. */
  readonly stallMs?: number | undefined;
}

export interface GatewayConfig {
  readonly own: Remote;
  readonly remotes: readonly ConfiguredRemote[];
  /** This repository's own line of proxy.log. */
  readonly proxied: readonly ProxiedEntry[];
  /** cluster.log. */
  readonly clusters: ReadonlyMap<ClusterUUID, Iterable<UUID>>;
  /** The `annex.cluster.NAME` settings. */
  readonly clusterNames: ReadonlyMap<string, ClusterUUID>;
  /** Repositories that are dead by trust.log. */
  readonly dead: ReadonlySet<UUID>;
}

/** A git remote of the gateway, as configured now. */
export interface ConfiguredRemote {
  readonly name: string;
  readonly cost: number;
  readonly remote: Remote;
  /** `remote.NAME.annex-proxy`. */
  readonly proxy: boolean;
  /** The names in `remote.NAME.annex-cluster-node`. */
  readonly clusterNode: readonly string[];
  /** The gateway that it is reached through, where it is one of the remotes that exist only so. */
  readonly behind?: GatewayOnTheWay | undefined;
}

/** Another gateway, a remote of this one. */
export interface GatewayOnTheWay {
  readonly uuid: UUID;
  /** `remote.NAME.annex-cluster-gateway`: the clusters that it is configured as another gateway of. */
  readonly clusters: readonly UUID[];
  /** What it proxies for: its line of proxy.log. */
  readonly proxied: readonly ProxiedEntry[];
}

export interface ProxiedEntry {
  readonly uuid: UUID;
  readonly name: string;
}

export interface Gateway {
  /** Undefined for what this gateway does not serve. */
  resolve(uuid: UUID): Remote | undefined;
  /** All that is served, the repository itself first. */
  readonly served: readonly Remote[];
  /** The nodes, each once: those of clusters and those proxied alone. */
  readonly nodes: readonly LaidNode[];
  /** What it calls its clusters. */
  readonly clusterNames: ReadonlyMap<string, ClusterUUID>;
}

/** A node, for people to look at. */
export interface LaidNode {
  readonly node: ClusterNode;
  /** The clusters that it is a node of. */
  readonly clusters: readonly ClusterUUID[];
}

export function buildGateway(config: GatewayConfig, services: GatewayServices): Gateway {
  const byUUID = new Map<UUID, Remote>([[config.own.uuid, config.own]]);
  const nodes = new LaidNodes();
  for (const entry of config.proxied) {
    if (byUUID.has(entry.uuid)) continue;
    const remote = isClusterUUID(entry.uuid)
      ? clusterOf(entry.uuid, { config, services, nodes })
      : proxiedRemoteOf(entry, { config, services, nodes });
    if (remote !== undefined) byUUID.set(entry.uuid, remote);
  }
  return {
    resolve: (uuid) => byUUID.get(uuid),
    served: [...byUUID.values()],
    nodes: nodes.all,
    clusterNames: config.clusterNames,
  };
}

interface Building {
  readonly config: GatewayConfig;
  readonly services: GatewayServices;
  readonly nodes: LaidNodes;
}

class LaidNodes {
  readonly #all = new Map<UUID, { node: ClusterNode; clusters: ClusterUUID[] }>();

  get all(): readonly LaidNode[] {
    return [...this.#all.values()];
  }

  add(node: ClusterNode, cluster?: ClusterUUID): void {
    // One that is the cluster behind another gateway is known by that gateway.
    const uuid = node.gateway ?? node.remote.uuid;
    const laid = this.#all.get(uuid) ?? { node, clusters: [] };
    if (cluster !== undefined) laid.clusters.push(cluster);
    this.#all.set(uuid, laid);
  }
}

function proxiedRemoteOf(
  { uuid, name }: ProxiedEntry,
  { config, services, nodes }: Building,
): Remote | undefined {
  const { tracker, clock, report, placement, loads } = services;
  const isCluster = (nodeOf: string): boolean => config.clusterNames.has(nodeOf);
  const suitable = config.remotes.filter(
    (remote) =>
      remote.remote.uuid === uuid &&
      remote.name === name &&
      (remote.proxy || remote.clusterNode.some(isCluster) || (remote.behind?.clusters.length ?? 0) > 0),
  );
  const cheapest = [...suitable].sort((left, right) => left.cost - right.cost)[0];
  if (cheapest === undefined) return undefined;
  const { remote, cost } = cheapest;
  nodes.add({ remote, name, cost });
  return new ProxiedRemote({ remote, tracker, clock, report, placement, loads });
}

function clusterOf(uuid: ClusterUUID, { config, services, nodes: laid }: Building): Remote | undefined {
  const recorded = config.clusters.get(uuid);
  if (recorded === undefined || ![...config.clusterNames.values()].includes(uuid)) return undefined;
  const of: NodesOf = { uuid, members: new Set(recorded), config };
  const own = [...ownNodes(of)];
  const nodes = [...own, ...nestedNodes(of, own)];
  for (const node of nodes) laid.add(node, uuid);
  return new Cluster({ ...services, uuid, gatewayUUID: config.own.uuid, own: config.own, nodes });
}

interface NodesOf {
  readonly uuid: ClusterUUID;
  /** What cluster.log has. */
  readonly members: ReadonlySet<UUID>;
  readonly config: GatewayConfig;
}

/** Remotes that are configured as nodes, recorded as such, and not dead; of several that are one repository the cheapest. */
function ownNodes({ uuid, members, config }: NodesOf): Iterable<ClusterNode> {
  const nodes = new Map<UUID, ClusterNode>();
  for (const { remote, name, cost, clusterNode } of config.remotes) {
    const isNode = clusterNode.some((nodeOf) => config.clusterNames.get(nodeOf) === uuid);
    if (!isNode || !members.has(remote.uuid) || config.dead.has(remote.uuid)) continue;
    if (remote.uuid === config.own.uuid || isClusterUUID(remote.uuid)) continue;
    const other = nodes.get(remote.uuid);
    if (other === undefined || cost < other.cost) nodes.set(remote.uuid, { remote, name, cost });
  }
  return nodes.values();
}

/** The same cluster seen through other gateways of it, each of them once. */
function nestedNodes({ uuid, members, config }: NodesOf, own: readonly ClusterNode[]): Iterable<ClusterNode> {
  const nodes = new Map<UUID, ClusterNode>();
  const ownUUIDs = new Set(own.map(({ remote }) => remote.uuid));
  const reachable = (node: UUID): boolean =>
    members.has(node) && !config.dead.has(node) && !ownUUIDs.has(node);
  const served = nearestGateways(
    config.remotes.flatMap(({ behind }) => (behind?.clusters.includes(uuid) === true ? [behind] : [])),
  );
  for (const { remote, name, cost, behind } of config.remotes) {
    if (remote.uuid !== uuid || behind === undefined || !behind.clusters.includes(uuid)) continue;
    if (behind.uuid === config.own.uuid) continue;
    const other = nodes.get(behind.uuid);
    if (other !== undefined && other.cost <= cost) continue;
    const reaches = [...(served.get(behind.uuid) ?? [])].filter(reachable);
    nodes.set(behind.uuid, { remote, name, cost, gateway: behind.uuid, reaches });
  }
  return nodes.values();
}

/** What each of these gateways serves, leaving out what another of them is nearer to: they are asked not to ask each other. */
function nearestGateways(gateways: readonly GatewayOnTheWay[]): ReadonlyMap<UUID, ReadonlySet<UUID>> {
  const proxies = new Map(gateways.map(({ uuid, proxied }) => [uuid, proxied]));
  const nearest = new Map<UUID, number>();
  const ways = [...proxies].flatMap(([gateway, proxied]) =>
    proxied.map((entry) => ({ gateway, node: entry.uuid, length: gatewaysOnTheWay(entry, proxies) })),
  );
  for (const { node, length } of ways) nearest.set(node, Math.min(length, nearest.get(node) ?? length));
  const served = new Map<UUID, Set<UUID>>();
  for (const { gateway, node, length } of ways) {
    if (length === nearest.get(node)) served.set(gateway, (served.get(gateway) ?? new Set()).add(node));
  }
  return served;
}
