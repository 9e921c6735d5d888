/**
 * Removal from a cluster: from every node, whatever the log says. It succeeds only if every node said so; a failure names
 * what was removed and why the rest was not. Each node gets the deadline in its own clock. What one node requires is
 * removed from none; one addressed to a node itself is the client's to judge, as in git-annex.
 */

import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { Context, Removed } from '../remote/remote.ts';
import { askNodes, explainFailures, type ClusterNode } from './cluster-node.ts';
import type { ClusterParts } from './cluster-parts.ts';
import type { Requirement } from './placement.ts';
import { removeTranslated } from './remove-before.ts';

export interface ClusterRemoveOptions {
  readonly parts: ClusterParts;
  /** In whole seconds of the gateway's own clock. */
  readonly before: number | undefined;
}

/** As `Remote.remove`. */
export async function removeFromCluster(
  key: Key,
  { parts, before }: ClusterRemoveOptions,
  context: Context,
): Promise<Removed> {
  const requiring = await parts.placement.requiring(key, parts.nodesFor(context));
  if (requiring.length > 0)
    return { removed: false, reason: explainRequirements(key, requiring), plusUUIDs: [] };
  const outcome = await parts.tracker.track(key, {
    run: () => removeFromNodes(key, { parts, before }, context),
    change: ({ missing }) => ({ present: [], missing }),
    probe: (uuid) => parts.probe(uuid, key, context),
  });
  const plusUUIDs = outcome.missing.filter((uuid) => uuid !== parts.uuid);
  if (plusUUIDs.length > 0) parts.report({ type: 'removed', key, uuids: plusUUIDs });
  if (outcome.reason === undefined) return { removed: true, plusUUIDs };
  context.signal.throwIfAborted();
  return { removed: false, reason: outcome.reason, plusUUIDs };
}

function explainRequirements(key: Key, requiring: readonly Requirement[]): string {
  const reasons = requiring.map(({ node, isDoubtful }) =>
    isDoubtful
      ? `it may be required content of node ${node.name}, which depends on the name of a file`
      : `it is required content of node ${node.name}`,
  );
  return `${key} is not removed from any node: ${reasons.join('; ')}`;
}

interface Outcome {
  readonly missing: readonly UUID[];
  /** Why it is not removed from all, if it is not. */
  readonly reason: string | undefined;
}

async function removeFromNodes(key: Key, options: ClusterRemoveOptions, context: Context): Promise<Outcome> {
  const { parts, before } = options;
  const nodes = parts.nodesFor(context);
  if (nodes.length === 0) {
    // Asked by another gateway of the cluster, which asks the others itself: there is nothing to remove from here.
    const reason = context.bypass.length > 0 ? undefined : 'the cluster has no node to ask';
    return { missing: [], reason };
  }
  const answers = await askNodes(nodes, {
    context: parts.nodeContext(context),
    clock: parts.clock,
    // A node that takes long may yet remove: only its answer tells.
    stallMs: undefined,
    ask: ({ remote }, nodeContext) =>
      removeTranslated(key, { remote, before, clock: parts.clock }, nodeContext),
  });
  const missing = new Set<UUID>();
  const failures: { readonly node: ClusterNode; readonly error: unknown }[] = [];
  for (const answer of answers) {
    const { node } = answer;
    if (!answer.ok) {
      failures.push({ node, error: answer.error });
      if (!context.signal.aborted) parts.nodeFailed(node, 'remove', answer.error);
      continue;
    }
    answer.link.unlink();
    for (const uuid of answer.value.plusUUIDs) missing.add(uuid);
    if (answer.value.removed) missing.add(node.remote.uuid);
    else failures.push({ node, error: answer.value.reason });
  }
  const reason =
    failures.length > 0 ? `not removed from every node: ${explainFailures(failures)}` : undefined;
  return { missing: [...missing], reason };
}
