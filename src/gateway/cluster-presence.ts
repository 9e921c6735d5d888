/**
 * Whether a cluster has a key: yes when any node says so, no when every candidate said no. A node that could not be asked
 * is a candidate if it is logged to have the key: then it cannot be known. One that is not logged to is none, so that a
 * new key can be stored while a node is away.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';
import type { Context } from '../remote/remote.ts';
import type { Timer } from '../util/clock.ts';
import { linkSignal } from '../util/linked-signal.ts';
import { candidatesFor, doubtful, type FailedNode } from './cluster-candidates.ts';
import { byCost, explainFailures, type ClusterNode } from './cluster-node.ts';
import type { ClusterParts } from './cluster-parts.ts';

/** As `Remote.checkPresent`. */
export async function checkCluster(key: Key, parts: ClusterParts, context: Context): Promise<boolean> {
  const asking: Asking = { key, parts, context: parts.nodeContext(context), failures: [] };
  const nodes = parts.nodesFor(context);
  const local = nodes.filter(({ remote }) => remote.traits.local);
  for (const node of byCost(local, parts.rng)) if (await askOne(node, asking)) return true;
  if (local.length < nodes.length) {
    const { likely, unlikely } = await candidatesFor(key, parts, context);
    for (const node of likely) if (!node.remote.traits.local && (await askOne(node, asking))) return true;
    if (await askAll(unlikely, asking)) return true;
  }
  const candidates = await doubtful(key, asking.failures, parts);
  if (candidates.length === 0) return false;
  throw new AnnexError('peer', `cannot tell whether ${key} is present: ${explainFailures(candidates)}`);
}

interface Asking {
  readonly key: Key;
  readonly parts: ClusterParts;
  readonly context: Context;
  readonly failures: FailedNode[];
}

async function askOne(node: ClusterNode, { key, parts, context, failures }: Asking): Promise<boolean> {
  try {
    return await node.remote.checkPresent(key, context);
  } catch (error) {
    if (context.signal.aborted) throw error;
    failures.push({ node, error });
    parts.nodeFailed(node, 'checkpresent', error);
    return false;
  }
}

/**
 * All at once; the first yes is the answer, and the others are not waited for. Nor is for long who does not answer at all:
 * the log does not have the key there.
 */
async function askAll(nodes: readonly ClusterNode[], asking: Asking): Promise<boolean> {
  if (nodes.length === 0) return false;
  const { parts, failures } = asking;
  const link = linkSignal(asking.context.signal);
  const context = { ...asking.context, signal: link.signal };
  const waiting = new Set(nodes);
  let timer: Timer | undefined;
  try {
    return await new Promise<boolean>((resolve, reject) => {
      timer = parts.clock.after(unlikelyLimitMs, () => {
        for (const node of waiting) {
          const error = new AnnexError('peer', `node ${node.name} did not answer in time`);
          failures.push({ node, error });
          parts.nodeFailed(node, 'checkpresent', error);
        }
        resolve(false);
      });
      for (const node of nodes) {
        askOne(node, { ...asking, context }).then((present) => {
          waiting.delete(node);
          if (present) resolve(true);
          else if (waiting.size === 0) resolve(false);
        }, reject);
      }
    });
  } finally {
    timer?.cancel();
    link.abort(new AnnexError('invariant', 'another node has answered'));
  }
}

const unlikelyLimitMs = 10_000;
