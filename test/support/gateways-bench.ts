/** Gateways of one cluster that are remotes of each other, in memory, for tests. */

import { Cluster } from '../../src/gateway/cluster.ts';
import type { ClusterNode } from '../../src/gateway/cluster-node.ts';
import { LocationTracker } from '../../src/gateway/location-tracker.ts';
import { MemoryLocationLog } from '../../src/gateway/memory-location-log.ts';
import { placeWhereLacking } from '../../src/gateway/placement.ts';
import { SharedUploads } from '../../src/gateway/shared-uploads.ts';
import type { MemoryRemote } from '../../src/remote/memory-remote.ts';
import type { Remote } from '../../src/remote/remote.ts';
import type { Key } from '../../src/types/key.ts';
import type { UUID } from '../../src/types/uuid.ts';
import { clusterUUID, GatewayBench, gatewayUUID, makeDigest, nodeUUID, seededRng } from './gateway-bench.ts';

export const otherGateway = '00000000-0000-4000-8000-00000000000e' as UUID;
export const thirdGateway = '00000000-0000-4000-8000-00000000000d' as UUID;
export interface Gateway {
  readonly uuid: UUID;
  readonly cluster: Cluster;
  readonly log: MemoryLocationLog;
  readonly asked: string[];
}

/** As a location log is read: the cluster is in it as soon as any node is. */
class ReadLog extends MemoryLocationLog {
  override async locations(wanted: Key): Promise<readonly UUID[]> {
    const found = await super.locations(wanted);
    return found.length === 0 ? found : [...found, clusterUUID];
  }
}

export interface OtherGateway {
  readonly uuid: UUID;
  /** The nodes that it reaches. */
  readonly reaches: readonly UUID[];
  readonly remote: () => Remote;
}

/** A gateway with a log of its own; what its own nodes and the other gateways are asked is noted down. */
export function gatewayOf(
  bench: GatewayBench,
  uuid: UUID,
  { own, others }: { readonly own: readonly MemoryRemote[]; readonly others: readonly OtherGateway[] },
): Gateway {
  const log = new ReadLog();
  const asked: string[] = [];
  const nodes: ClusterNode[] = [
    ...own.map((remote) => bench.node(noting(remote, asked))),
    ...others.map((other) => ({
      ...bench.node(noting(later(other.remote), asked)),
      name: 'other gateway',
      gateway: other.uuid,
      reaches: other.reaches,
    })),
  ];
  const cluster = new Cluster({
    uuid: clusterUUID,
    gatewayUUID: uuid,
    nodes,
    tracker: new LocationTracker(log, uuid),
    clock: bench.clock,
    rng: seededRng(),
    makeDigest,
    placement: placeWhereLacking,
    report: bench.report,
    loads: bench.loads,
    uploads: new SharedUploads(),
  });
  return { uuid, cluster, log, asked };
}

/** Notes each question to a repository; a cluster's own are noted where they end. */
function noting(remote: Remote, asked: string[]): Remote {
  const note = (operation: string): void => {
    if (remote.traits.kind === 'repository') asked.push(`${operation} ${remote.uuid.slice(-2)}`);
  };
  return {
    uuid: remote.uuid,
    traits: remote.traits,
    checkPresent: (wanted, context) => {
      note('check');
      return remote.checkPresent(wanted, context);
    },
    lockContent: (wanted, context) => remote.lockContent(wanted, context),
    retrieve: (wanted, options, context) => {
      note('get');
      return remote.retrieve(wanted, options, context);
    },
    store: (wanted, options, context) => {
      note('put');
      return remote.store(wanted, options, context);
    },
    remove: (wanted, options, context) => {
      note('remove');
      return remote.remove(wanted, options, context);
    },
    timestamp: (context) => remote.timestamp(context),
  };
}

/** Gateways that know each other are made one after the other. */
export function later(remote: () => Remote): Remote {
  return {
    uuid: clusterUUID,
    traits: { kind: 'cluster', local: false },
    checkPresent: (wanted, context) => remote().checkPresent(wanted, context),
    lockContent: (wanted, context) => remote().lockContent(wanted, context),
    retrieve: (wanted, options, context) => remote().retrieve(wanted, options, context),
    store: (wanted, options, context) => remote().store(wanted, options, context),
    remove: (wanted, options, context) => remote().remove(wanted, options, context),
    timestamp: (context) => remote().timestamp(context),
  };
}

export interface TwoGateways {
  readonly bench: GatewayBench;
  /** Has nodes 0 and 1. */
  readonly here: Gateway;
  /** Has nodes 2 and 3. */
  readonly there: Gateway;
  readonly memory: readonly MemoryRemote[];
}

/** Each is a remote of the other. */
export function twoGateways(): TwoGateways {
  const bench = new GatewayBench();
  const memory = [0, 1, 2, 3].map((index) => bench.memory(index));
  const here: Gateway = gatewayOf(bench, gatewayUUID, {
    own: memory.slice(0, 2),
    others: [{ uuid: otherGateway, reaches: [nodeUUID(2), nodeUUID(3)], remote: () => there.cluster }],
  });
  const there: Gateway = gatewayOf(bench, otherGateway, {
    own: memory.slice(2),
    others: [{ uuid: gatewayUUID, reaches: [nodeUUID(0), nodeUUID(1)], remote: () => here.cluster }],
  });
  return { bench, here, there, memory };
}

/** All of them know each other; the one at an index has the node of that number. */
export function gatewaysInARing(
  bench: GatewayBench,
  uuids: readonly UUID[],
): { readonly gateways: readonly Gateway[]; readonly memory: readonly MemoryRemote[] } {
  const memory = uuids.map((_, index) => bench.memory(index));
  const gateways: Gateway[] = uuids.map((uuid, index) =>
    gatewayOf(bench, uuid, {
      own: memory.slice(index, index + 1),
      others: uuids.flatMap((other, at) =>
        at === index
          ? []
          : [{ uuid: other, reaches: [nodeUUID(at)], remote: () => (gateways[at] as Gateway).cluster }],
      ),
    }),
  );
  return { gateways, memory };
}
