/** What the parts of one cluster share: its nodes, and what is injected into them. */

import type { ClusterUUID } from '../types/cluster-uuid.ts';
import type { EventSink } from '../types/event.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { Clock, Rng } from '../util/clock.ts';
import { deriveContext } from '../remote/derive-context.ts';
import type { Context, DigestFactory, Remote } from '../remote/remote.ts';
import type { ClusterFiller } from './cluster-fill.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { LocationTracker } from './location-tracker.ts';
import type { NodeLoads } from './node-loads.ts';
import type { Placement } from './placement.ts';
import type { SharedUploads } from './shared-uploads.ts';

export interface ClusterOptions {
  readonly uuid: ClusterUUID;
  /** Passed to nodes behind other gateways as BYPASS (with those), so that they do not ask this one again. */
  readonly gatewayUUID: UUID;
  readonly nodes: readonly ClusterNode[];
  readonly tracker: LocationTracker;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly makeDigest: DigestFactory;
  readonly placement: Placement;
  readonly report: EventSink;
  /** The gateway's own repository, whose copy of a key serves downloads. */
  readonly own?: Remote | undefined;
  /** Copies to nodes that an upload left out; without it they stay left out. */
  readonly filler?: ClusterFiller | undefined;
  /** Kept while the configuration changes. */
  readonly loads: NodeLoads;
  /** And so are these. */
  readonly uploads: SharedUploads;
  /** How long a node may take no byte while others wait; 30 s where not given (`annexus.stall`). */
  readonly stallMs?: number | undefined;
}

export interface ClusterParts extends ClusterOptions {
  readonly stallMs: number;
  /** The nodes that may be asked on behalf of this client, which came through the gateways of `bypass`. */
  nodesFor(context: Context): readonly ClusterNode[];
  /** The context to ask nodes with. */
  nodeContext(context: Context): Context;
  nodeFailed(node: ClusterNode, operation: string, error: unknown): void;
  /** Asks one node by its UUID; undefined where there is none. */
  probe(uuid: UUID, key: Key, context: Context): Promise<boolean | undefined>;
}

export function clusterParts(options: ClusterOptions): ClusterParts {
  const { nodes, gatewayUUID, report } = options;
  const gateways = [...new Set(nodes.flatMap(({ gateway }) => gateway ?? []))];
  const behindGateways = gateways.length > 0;
  return {
    ...options,
    stallMs: options.stallMs ?? defaultStallMs,
    nodesFor({ bypass }) {
      if (!behindGateways || bypass.length === 0) return nodes;
      return nodes.filter(({ gateway }) => gateway === undefined || !bypass.includes(gateway));
    },
    nodeContext(context) {
      // The other gateways are asked from here, so none of them needs to ask another: no node is asked twice.
      return deriveContext(context, { bypass: [...new Set([...context.bypass, gatewayUUID, ...gateways])] });
    },
    nodeFailed(node, operation, error) {
      // A node behind another gateway has the cluster's own UUID, which would not say which one failed.
      report({ type: 'node-failed', node: node.gateway ?? node.remote.uuid, operation, error });
    },
    async probe(uuid, key, context) {
      return nodes.find((node) => node.remote.uuid === uuid)?.remote.checkPresent(key, context);
    },
  };
}

const defaultStallMs = 30_000;
