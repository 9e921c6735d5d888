/**
 * cluster.log: the nodes of each cluster.
 *
 *     1795350268s acb3571a-ec69-8bab-b7cf-2ba419bcc566 df692f8d-4568-4b4f-9d89-9a9f15b060e2 fc66d4aa-80ce-4506-a9ce-1a8c62df83f3
 *
 * Lines whose key is no cluster UUID are not read, so that nobody can turn a repository into a cluster, but they are
 * kept when the log changes. Dead nodes are for the consumer to leave out (`withoutNodes`).
 */

import type { ByteString } from '../util/byte-string.ts';
import { parseClusterUUID, type ClusterUUID } from '../types/cluster-uuid.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import { changeMapLog, parseMapLog } from './family/map-log.ts';
import type { ValueFormat } from './family/keyed-log.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';
import { parseWords, sortedWords } from './words.ts';

/** Both directions of the same relation. */
export interface ClusterMap {
  readonly nodesByCluster: ReadonlyMap<ClusterUUID, ReadonlySet<UUID>>;
  readonly clustersByNode: ReadonlyMap<UUID, ReadonlySet<ClusterUUID>>;
}

export const noClusters: ClusterMap = { nodesByCluster: new Map(), clustersByNode: new Map() };

export function parseClusterLog(content: ByteString): ClusterMap {
  const nodesByCluster = new Map<ClusterUUID, ReadonlySet<UUID>>();
  for (const [field, { value }] of parseMapLog(content, nodeList)) {
    const uuid = parseUUID(field);
    const cluster = uuid === undefined ? undefined : parseClusterUUID(uuid);
    if (cluster === undefined) continue;
    nodesByCluster.set(cluster, new Set(value.flatMap((node) => parseUUID(node) ?? [])));
  }
  return clusterMap(nodesByCluster);
}

/** The clusters without some nodes, for those that are dead. */
export function withoutNodes(clusters: ClusterMap, nodes: ReadonlySet<UUID>): ClusterMap {
  const kept = [...clusters.nodesByCluster].map(
    ([cluster, members]) => [cluster, new Set([...members].filter((node) => !nodes.has(node)))] as const,
  );
  return clusterMap(new Map(kept));
}

export interface ClusterChange {
  readonly cluster: ClusterUUID;
  /** All nodes that the cluster has from now on. Private UUIDs are for the caller to leave out. */
  readonly nodes: Iterable<UUID>;
  readonly nowSeconds: number;
}

/** The whole file after a change; undefined where the cluster has just these nodes already. */
export function changeClusterLog(content: ByteString, change: ClusterChange): ByteString | undefined {
  const value = sortedWords(change.nodes).map((node) => checkLogWord(node, 'the UUID of a node'));
  const field = checkLogWord(change.cluster, 'the UUID of a cluster');
  const existing = parseMapLog(content, nodeList).get(field);
  if (nodeList.format(existing?.value ?? []) === nodeList.format(value)) return undefined;
  const now = vectorClockFromSeconds(change.nowSeconds);
  return changeMapLog(content, { field, value, now, format: nodeList });
}

function clusterMap(nodesByCluster: ReadonlyMap<ClusterUUID, ReadonlySet<UUID>>): ClusterMap {
  const clustersByNode = new Map<UUID, Set<ClusterUUID>>();
  for (const [cluster, nodes] of nodesByCluster) {
    for (const node of nodes) {
      const clusters = clustersByNode.get(node);
      if (clusters === undefined) clustersByNode.set(node, new Set([cluster]));
      else clusters.add(cluster);
    }
  }
  return { nodesByCluster, clustersByNode };
}

const nodeList: ValueFormat<readonly ByteString[]> = {
  parse: parseWords,
  format: (nodes) => sortedWords(nodes).join(' '),
};
