/**
 * Brings the git-annex branch's records in line with what git's configuration says: cluster.log with the nodes of this
 * gateway's clusters, proxy.log with all that it proxies for (git-annex's updatecluster and updateproxy).
 *
 * Nodes and proxied remotes that are reached through another gateway stay recorded: this repository cannot judge them.
 */

import { isClusterUUID, type ClusterUUID } from '../../types/cluster-uuid.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { changeClusterLog, parseClusterLog, type ClusterMap } from '../../logs/cluster-log.ts';
import { changeProxyLog, parseProxyLog, type ProxiedRemote } from '../../logs/proxy-log.ts';
import { isLegalRemoteName } from '../../types/remote-name.ts';
import { configuredClusters, discoverRemoteUUIDs, type ConfiguredRemote } from './configured-remotes.ts';
import { privateUUIDs } from '../branch/branch-location-log.ts';
import type { OpenAnnex } from './open-annex.ts';

export interface ClusterNodesChange {
  readonly cluster: ByteString;
  /** Names of remotes. */
  readonly added: readonly ByteString[];
  readonly removed: readonly UUID[];
}

export interface ProxyChanges {
  readonly started: readonly ByteString[];
  readonly stopped: readonly ByteString[];
  /** Remotes that are configured as proxied and cannot be, with the reason. */
  readonly skipped: readonly { readonly name: ByteString; readonly reason: string }[];
}

/** @returns what changed in each of this gateway's clusters. */
export async function updateClusterNodes(annex: OpenAnnex): Promise<readonly ClusterNodesChange[]> {
  const clusters = configuredClusters(await annex.git.config());
  const remotes = await discoverRemoteUUIDs(annex.git);
  const elsewhere = await proxiedElsewhere(annex);
  const secret = privateUUIDs(await annex.git.config());
  const changes: ClusterNodesChange[] = [];
  for (const [name, uuid] of clusters) {
    if (!isClusterUUID(uuid)) continue;
    changes.push(
      await updateOneCluster(annex, {
        name,
        uuid,
        remotes: remotes.filter((remote) => !isIn(secret, remote.uuid)),
        elsewhere,
      }),
    );
  }
  return changes;
}

/** Records what this gateway proxies for: proxied remotes, nodes and its own clusters. */
export async function updateProxyRecords(annex: OpenAnnex): Promise<ProxyChanges> {
  const clusters = configuredClusters(await annex.git.config());
  const remotes = (await discoverRemoteUUIDs(annex.git)).filter((remote) => remote.isProxied);
  const skipped = remotes.flatMap((remote) => {
    const reason = reasonToSkip(remote);
    return reason === undefined ? [] : [{ name: remote.name, reason }];
  });
  const wanted = new Map<UUID, ByteString>();
  for (const remote of remotes) {
    if (remote.uuid !== undefined && reasonToSkip(remote) === undefined) wanted.set(remote.uuid, remote.name);
  }
  for (const [name, uuid] of clusters) wanted.set(uuid, name);
  for (const uuid of privateUUIDs(await annex.git.config())) wanted.delete(uuid);
  const before = parseProxyLog((await annex.branch.read('proxy.log')) ?? '');
  const mine = before.get(annex.uuid) ?? [];
  const clusterNodes = parseClusterLog((await annex.branch.read('cluster.log')) ?? '');
  for (const entry of keptForOtherGateways(mine, {
    before,
    annex,
    clusters: [...clusters.values()],
    clusterNodes,
  })) {
    if (!wanted.has(entry.uuid)) wanted.set(entry.uuid, entry.name);
  }
  const after = [...wanted].map(([uuid, name]): ProxiedRemote => ({ uuid, name }));
  await annex.branch.change('proxy.log', (old) =>
    changeProxyLog(old ?? '', { gateway: annex.uuid, remotes: after, nowSeconds: annex.nowSeconds() }),
  );
  return { started: namesMissing(after, mine), stopped: namesMissing(mine, after), skipped };
}

interface OneCluster {
  readonly name: ByteString;
  readonly uuid: ClusterUUID;
  readonly remotes: readonly ConfiguredRemote[];
  readonly elsewhere: ReadonlySet<UUID>;
}

async function updateOneCluster(annex: OpenAnnex, cluster: OneCluster): Promise<ClusterNodesChange> {
  const { name, uuid, remotes, elsewhere } = cluster;
  const nodes = new Map<UUID, ByteString>();
  for (const remote of remotes) {
    if (remote.uuid !== undefined && remote.nodeOf.includes(name)) nodes.set(remote.uuid, remote.name);
  }
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
    added: [...nodes].filter(([node]) => !before.has(node)).map(([, remote]) => remote),
    removed: [...before].filter((node) => !nodes.has(node) && !elsewhere.has(node)),
  };
}

function isIn(uuids: ReadonlySet<UUID>, uuid: UUID | undefined): boolean {
  return uuid !== undefined && uuids.has(uuid);
}

/** What gateways other than this one proxy for. */
async function proxiedElsewhere(annex: OpenAnnex): Promise<ReadonlySet<UUID>> {
  const proxies = parseProxyLog((await annex.branch.read('proxy.log')) ?? '');
  const others = [...proxies].filter(([gateway]) => gateway !== annex.uuid);
  return new Set(others.flatMap(([, remotes]) => remotes.map(({ uuid }) => uuid)));
}

interface RecordedElsewhere {
  readonly before: ReadonlyMap<UUID, readonly ProxiedRemote[]>;
  readonly annex: OpenAnnex;
  readonly clusters: readonly UUID[];
  readonly clusterNodes: ClusterMap;
}

/** Entries of ours for nodes of our clusters that another gateway proxies for (recorded as `GATEWAY-NODE`). */
function keptForOtherGateways(
  mine: readonly ProxiedRemote[],
  { before, annex, clusters, clusterNodes }: RecordedElsewhere,
): readonly ProxiedRemote[] {
  const others = [...before].filter(([gateway]) => gateway !== annex.uuid);
  const elsewhere = new Set(others.flatMap(([, remotes]) => remotes.map(({ uuid }) => uuid)));
  return mine.filter(({ uuid }) => {
    const of = clusterNodes.clustersByNode.get(uuid);
    return (
      elsewhere.has(uuid) &&
      of !== undefined &&
      clusters.some((cluster) => (of as ReadonlySet<UUID>).has(cluster))
    );
  });
}

function reasonToSkip(remote: ConfiguredRemote): string | undefined {
  if (remote.uuid === undefined) return 'it has no UUID yet';
  if (!isLegalRemoteName(remote.name)) return 'its name is no legal remote name';
  return undefined;
}

function namesMissing(
  from: readonly ProxiedRemote[],
  other: readonly ProxiedRemote[],
): readonly ByteString[] {
  const known = new Set(other.map(({ uuid, name }) => `${uuid}:${name}`));
  return from.filter(({ uuid, name }) => !known.has(`${uuid}:${name}`)).map(({ name }) => name);
}
