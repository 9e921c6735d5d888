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
  const nodes = await inOrder(parts, context);
  if (nodes.every(isNear)) return { likely: nodes, unlikely: [] };
  return await sortByLog(key, nodes, parts);
}

/**
 * Where content may be had, in the order of asking. The log is read, and the gateway's own copy looked for, only when it
 * comes to a node that is not on this machine: what the nodes here have costs no more.
 */
export async function* sourcesFor(
  key: Key,
  parts: ClusterParts,
  context: Context,
): AsyncGenerator<ClusterNode, undefined> {
  const nodes = await inOrder(parts, context);
  const firstFar = nodes.findIndex((node) => !isNear(node));
  yield* firstFar === -1 ? nodes : nodes.slice(0, firstFar);
  yield* await ownCopy(key, parts, context);
  if (firstFar === -1) return undefined;
  const { likely, unlikely } = await sortByLog(key, nodes.slice(firstFar), parts);
  yield* likely;
  yield* unlikely;
  return undefined;
}

async function inOrder(parts: ClusterParts, context: Context): Promise<readonly ClusterNode[]> {
  const { loads, rng } = parts;
  const nodes = parts.nodesFor(context);
  const looking = nodes.length < 2 ? undefined : loads.look(nodes.map(({ remote }) => remote.uuid));
  if (looking !== undefined) await looking;
  return byCost(nodes, rng, loads);
}

export interface FailedNode {
  readonly node: ClusterNode;
  readonly error: unknown;
}

/** Of nodes that could not be asked, those that may have the key for all that is known: the log has it there. */
export async function doubtful<T extends FailedNode>(
  key: Key,
  failures: readonly T[],
  parts: ClusterParts,
): Promise<readonly T[]> {
  if (failures.length === 0) return [];
  const logged = new Set(await parts.tracker.locations(key));
  return failures.filter(({ node }) => isLogged(node, { logged, quantity: 'any' }));
}

function isNear({ remote }: ClusterNode): boolean {
  return remote.traits.local;
}

async function sortByLog(key: Key, nodes: readonly ClusterNode[], parts: ClusterParts): Promise<Candidates> {
  let logged: ReadonlySet<UUID>;
  try {
    logged = new Set(await parts.tracker.locations(key));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    parts.report({ type: 'warning', message: `cannot read where ${key} is: ${reason}` });
    return { likely: nodes, unlikely: [] };
  }
  const isLikely = (node: ClusterNode): boolean =>
    isNear(node) || isLogged(node, { logged, quantity: 'any' });
  return { likely: nodes.filter(isLikely), unlikely: nodes.filter((node) => !isLikely(node)) };
}

/**
 * The gateway's own copy is no copy of the cluster's, so it serves only what a node is logged to have (design, "Flow,
 * exactly").
 */
async function ownCopy(key: Key, parts: ClusterParts, context: Context): Promise<readonly ClusterNode[]> {
  const { own, tracker } = parts;
  if (own === undefined) return [];
  try {
    if (!(await own.checkPresent(key, context))) return [];
    const logged = new Set(await tracker.locations(key));
    const isThere = parts.nodesFor(context).some((node) => isLogged(node, { logged, quantity: 'any' }));
    return isThere ? [{ remote: own, name: 'the gateway itself', cost: 0 }] : [];
  } catch {
    context.signal.throwIfAborted();
    return [];
  }
}
