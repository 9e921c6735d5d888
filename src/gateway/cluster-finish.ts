/**
 * The end of an upload to a cluster: every node that took the bytes finishes, and the answers become one.
 *
 * Nodes that had the content already are looked at again, since a removal may have come meanwhile.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { AlreadyHave, Context, Remote, Stored, Upload } from '../remote/remote.ts';
import { askNodes, explainFailures, type ClusterNode, type NodeAnswer } from './cluster-node.ts';
import type { ClusterParts } from './cluster-parts.ts';
import type { Dropped, Receiver } from './fan-out.ts';

export interface FinishOptions {
  readonly key: Key;
  readonly context: Context;
  readonly parts: ClusterParts;
  /** Nodes that had the content when the upload began, and what they said. */
  readonly alreadyHave: readonly { readonly node: ClusterNode; readonly answer: AlreadyHave }[];
  /** Nodes that failed before the end. */
  readonly dropped: readonly Dropped[];
  readonly finish: (upload: Upload) => Promise<Stored>;
  /** Told as soon as it is known which nodes have stored it that no other gateway stands before. */
  readonly near: (present: readonly UUID[]) => void;
}

export interface Ended {
  readonly stored: boolean;
  readonly storedBy: readonly Remote[];
  /** The nodes that were chosen and did not store it. */
  readonly failed: readonly ClusterNode[];
  readonly present: readonly UUID[];
  /**
   * What nodes behind other gateways were said to have when the upload began, and was logged then. They cannot be asked
   * one by one whether it is still so, so it is told and not logged again.
   */
  readonly behind: readonly UUID[];
  /** Why it is not stored, if it is not. */
  readonly reason: string;
}

/** Resolves when every node has answered or failed; a node's failure is its own. */
export async function finishNodes(receivers: readonly Receiver[], options: FinishOptions): Promise<Ended> {
  const { key, context, parts, alreadyHave } = options;
  const finishing = receivers.map((receiver) => finishOne(receiver, options.finish));
  void tellNear(receivers, finishing).then(options.near);
  const [results, stillHave] = await Promise.all([
    Promise.all(finishing),
    askNodes(
      alreadyHave.map(({ node }) => node),
      {
        context: parts.nodeContext(context),
        clock: parts.clock,
        stallMs: parts.stallMs,
        // Whether it still has it only makes the answer more complete.
        limitMs: parts.stallMs,
        ask: (node, nodeContext) => node.remote.checkPresent(key, nodeContext),
      },
    ),
  ]);
  const present = new Set<UUID>();
  const failures: Dropped[] = [...options.dropped];
  const refusing: Dropped[] = [];
  const storedBy: Remote[] = [];
  for (const { node, result } of results) {
    if ('error' in result) {
      failures.push({ node, error: result.error });
      if (!context.signal.aborted) parts.nodeFailed(node, 'store', result.error);
      continue;
    }
    for (const uuid of result.plusUUIDs) present.add(uuid);
    if (result.stored) {
      storedBy.push(node.remote);
      present.add(node.remote.uuid);
    } else {
      failures.push({ node, error: result.reason });
      refusing.push({ node, error: new AnnexError('remote', result.reason) });
    }
  }
  // Where no node stored it, it is the content that is wrong.
  const stored = storedBy.length > 0;
  if (stored) for (const { node, error } of refusing) parts.nodeFailed(node, 'store', error);
  const having = havingNodes(stillHave);
  for (const { remote } of having) present.add(remote.uuid);
  const behind = alreadyHave.flatMap(({ node, answer }) => (having.has(node) ? answer.plusUUIDs : []));
  const reason = `no node of the cluster stored ${key}: ${explainFailures(failures)}`;
  const failed = failures.map(({ node }) => node);
  return { stored, storedBy, failed, present: [...present], behind, reason };
}

async function tellNear(
  receivers: readonly Receiver[],
  finishing: readonly Promise<FinishedNode>[],
): Promise<readonly UUID[]> {
  const near = finishing.filter((_, index) => receivers[index]?.node.gateway === undefined);
  const results = await Promise.all(near);
  return results.flatMap(({ node, result }) => {
    if ('error' in result) return [];
    return result.stored ? [node.remote.uuid, ...result.plusUUIDs] : result.plusUUIDs;
  });
}

interface FinishedNode {
  readonly node: ClusterNode;
  readonly result: Stored | { readonly error: unknown };
}

async function finishOne(
  { node, upload, link }: Receiver,
  finish: (upload: Upload) => Promise<Stored>,
): Promise<FinishedNode> {
  try {
    return { node, result: await finish(upload) };
  } catch (error) {
    // Frees what the node may still hold.
    link.abort(error);
    return { node, result: { error } };
  }
}

function havingNodes(answers: readonly NodeAnswer<boolean>[]): ReadonlySet<ClusterNode> {
  const nodes = new Set<ClusterNode>();
  for (const answer of answers) {
    if (!answer.ok) continue;
    answer.link.unlink();
    if (answer.value) nodes.add(answer.node);
  }
  return nodes;
}
