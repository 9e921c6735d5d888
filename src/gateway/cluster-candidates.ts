/**
 * In which order the nodes of a cluster are asked for content.
 *
 * Nodes on this machine are asked without a look at the log: a look at the disk costs less and is always right. Of the
 * others, those that are logged to have the key come first. Of nodes of equal cost the least busy come first, and then
 * the fastest (`NodeLoads`).
 */

import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { Context } from '../remote/remote.ts';
import { byCost, isLogged, type ClusterNode } from './cluster-node.ts';
import type { ClusterParts } from './cluster-parts.ts';

export interface Candidates {
  /** Likely to have the key, and cheap to ask. By cost. */
  readonly likely: readonly ClusterNode[];
  /** Not on this machine, and not logged to have the key. By cost. */
  readonly unlikely: readonly ClusterNode[];
}

/** Never fails: a log that cannot be read only means that every node is as likely as the other. */
export async function candidatesFor(key: Key, parts: ClusterParts, context: Context): Promise<Candidates> {
  const nodes = byCost(parts.nodesFor(context), parts.rng, parts.loads);
  if (nodes.every(({ remote }) => remote.traits.local)) return { likely: nodes, unlikely: [] };
  let logged: ReadonlySet<UUID>;
  try {
    logged = new Set(await parts.tracker.locations(key));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    parts.report({ type: 'warning', message: `cannot read where ${key} is: ${reason}` });
    return { likely: nodes, unlikely: [] };
  }
  const isLikely = (node: ClusterNode): boolean =>
    node.remote.traits.local || isLogged(node, { logged, quantity: 'any' });
  return { likely: nodes.filter(isLikely), unlikely: nodes.filter((node) => !isLikely(node)) };
}
