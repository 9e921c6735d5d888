/**
 * Where an upload to a cluster can go: the repositories that its nodes are or reach, in the order in which they are judged
 * (by cost, then by UUID), each with the nodes that lead there.
 */

import type { UUID } from '../types/uuid.ts';
import type { ClusterNode } from './cluster-node.ts';

export interface Place {
  readonly uuid: UUID;
  /** The nodes that lead there, the cheapest first. */
  readonly nodes: readonly ClusterNode[];
}

/** A node that is another gateway of the cluster leads to the nodes that it is known to reach, else to the cluster. */
export function placesOf(nodes: readonly ClusterNode[]): readonly Place[] {
  const places = new Map<UUID, ClusterNode[]>();
  for (const node of [...nodes].sort((left, right) => left.cost - right.cost)) {
    for (const uuid of uuidsBehind(node)) {
      const others = places.get(uuid);
      if (others === undefined) places.set(uuid, [node]);
      else others.push(node);
    }
  }
  return [...places]
    .map(([uuid, leading]) => ({ uuid, nodes: leading }))
    .sort((left, right) => costOf(left) - costOf(right) || compare(left.uuid, right.uuid));
}

/** The repositories that a node stands for. */
export function uuidsBehind({ remote, reaches = [] }: ClusterNode): readonly UUID[] {
  return reaches.length === 0 ? [remote.uuid] : reaches;
}

function costOf({ nodes }: Place): number {
  return nodes[0]?.cost ?? 0;
}

function compare(left: UUID, right: UUID): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
