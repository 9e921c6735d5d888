/**
 * cluster.log with the nodes of this gateway's clusters, as git's configuration says (git-annex's updatecluster).
 *
 * Nodes that another gateway serves stay recorded: this repository cannot judge them. Another gateway serves a node if
 * its line of proxy.log has it, unless it only has it through us: then it is ours to take out.
 */

import { servedElsewhere } from '../../gateway/proxy-routes.ts';
import { changeClusterLog, parseClusterLog } from '../../logs/cluster-log.ts';
import { parseProxyLog } from '../../logs/proxy-log.ts';
import { isClusterUUID, type ClusterUUID } from '../../types/cluster-uuid.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { privateUUIDs } from '../branch/branch-location-log.ts';
import { configuredClusters } from './configured-remotes.ts';
import type { OpenAnnex } from './open-annex.ts';
import { proxyableRemotes, type RefusedRemote } from './proxyable.ts';
import { discoverRemotes } from './remotes.ts';

export interface ClusterNodesChange {
  readonly cluster: ByteString;
  /** Names of remotes. */
  readonly added: readonly ByteString[];
  readonly removed: readonly UUID[];
}

export interface ClusterChanges {
  /** Of each of this gateway's clusters, by their names. */
  readonly clusters: readonly ClusterNodesChange[];
  /** Remotes that are configured as nodes and cannot be. */
  readonly refused: readonly RefusedRemote[];
}

export async function updateClusterNodes(annex: OpenAnnex): Promise<ClusterChanges> {
  const { configured } = await discoverRemotes(annex);
  const config = await annex.git.config();
  const remoteLog = (await annex.branch.read('remote.log')) ?? '';
  const configuredNodes = configured.filter(({ nodeOf }) => nodeOf.length > 0);
  const { remotes, refused } = proxyableRemotes(configuredNodes, remoteLog);
  const elsewhere = servedElsewhere(parseProxyLog((await annex.branch.read('proxy.log')) ?? ''), annex.uuid);
  const secret = privateUUIDs(config);
  const clusters: ClusterNodesChange[] = [];
  for (const [name, uuid] of [...configuredClusters(config)].sort(([left], [right]) =>
    left < right ? -1 : 1,
  )) {
    if (!isClusterUUID(uuid)) continue;
    const nodes = new Map(
      remotes
        .filter((remote) => remote.nodeOf.includes(name) && !secret.has(remote.uuid))
        .map((remote) => [remote.uuid, remote.name]),
    );
    clusters.push(await updateOneCluster(annex, { name, uuid, nodes, elsewhere }));
  }
  return { clusters, refused };
}

interface OneCluster {
  readonly name: ByteString;
  readonly uuid: ClusterUUID;
  readonly nodes: ReadonlyMap<UUID, ByteString>;
  readonly elsewhere: ReadonlySet<UUID>;
}

async function updateOneCluster(annex: OpenAnnex, cluster: OneCluster): Promise<ClusterNodesChange> {
  const { name, uuid, nodes, elsewhere } = cluster;
  let before: ReadonlySet<UUID> = new Set<UUID>();
  await annex.branch.change('cluster.log', (old) => {
    before = parseClusterLog(old ?? '').nodesByCluster.get(uuid) ?? new Set<UUID>();
    const kept = [...before].filter((node) => elsewhere.has(node));
    const all = new Set([...nodes.keys(), ...kept]);
    const isSame = all.size === before.size && [...all].every((node) => before.has(node));
    if (isSame) return undefined;
    return changeClusterLog(old ?? '', { cluster: uuid, nodes: all, nowSeconds: annex.nowSeconds() });
  });
  return {
    cluster: name,
    added: [...nodes]
      .filter(([node]) => !before.has(node))
      .sort(byUUID)
      .map(([, remote]) => remote),
    removed: [...before].filter((node) => !nodes.has(node) && !elsewhere.has(node)).sort(),
  };
}

function byUUID([left]: readonly [UUID, ByteString], [right]: readonly [UUID, ByteString]): number {
  return left < right ? -1 : 1;
}
