/** A node of a cluster, and asking several nodes at once: an answer per node, where one node's failure is its own. */

import { AnnexError } from '../types/annex-error.ts';
import type { UUID } from '../types/uuid.ts';
import type { Clock, Rng, Timer } from '../util/clock.ts';
import { linkSignal, type LinkedSignal } from '../util/linked-signal.ts';
import { deriveContext } from '../remote/derive-context.ts';
import type { Context, Remote } from '../remote/remote.ts';
import type { NodeLoads } from './node-loads.ts';

export interface ClusterNode {
  /** Not a ProxiedRemote: the cluster records locations by itself. */
  readonly remote: Remote;
  /** The name of the gateway's remote, for people to read. */
  readonly name: string;
  /** As git-annex's `annex-cost`: cheaper nodes are asked first. */
  readonly cost: number;
  /** Where the node is the same cluster seen through another gateway: that gateway, which BYPASS may exclude. */
  readonly gateway?: UUID | undefined;
  /**
   * The nodes of the cluster that the other gateway is known to reach. The location log knows these; the UUID of the
   * cluster stands in it as soon as any node has a key, so it tells nothing of this gateway.
   */
  readonly reaches?: readonly UUID[] | undefined;
}

/** Whether the log has a key at a node; for a node behind another gateway, at any or every one that it reaches. */
export function isLogged(
  { remote, reaches }: ClusterNode,
  { logged, quantity }: { readonly logged: ReadonlySet<UUID>; readonly quantity: 'any' | 'every' },
): boolean {
  if (reaches === undefined || reaches.length === 0) return logged.has(remote.uuid);
  const has = (uuid: UUID): boolean => logged.has(uuid);
  return quantity === 'any' ? reaches.some(has) : reaches.every(has);
}

export type NodeAnswer<T> =
  | { readonly node: ClusterNode; readonly ok: true; readonly value: T; readonly link: LinkedSignal }
  | { readonly node: ClusterNode; readonly ok: false; readonly error: unknown };

export interface AskOptions<T> {
  readonly context: Context;
  readonly clock: Clock;
  /** A node that is not on this machine and has not answered this long after another did is given up. */
  readonly stallMs: number | undefined;
  /** And so is one that has not answered this long after all were asked. */
  readonly limitMs?: number | undefined;
  ask(node: ClusterNode, context: Context): Promise<T>;
  /** Takes the answer of a node that was given up; it came after all. */
  readonly late?: ((value: T) => void) | undefined;
}

/**
 * Asks all the nodes at once. Never rejects. Each node is asked with a signal of its own that follows the context's; who
 * gets an answer unlinks it.
 */
export async function askNodes<T>(
  nodes: readonly ClusterNode[],
  options: AskOptions<T>,
): Promise<readonly NodeAnswer<T>[]> {
  let timer: Timer | undefined;
  const giveUps = new Set<() => void>();
  const watch = (delayMs: number | undefined): void => {
    if (delayMs === undefined || timer !== undefined || giveUps.size === 0) return;
    timer = options.clock.after(delayMs, () => {
      for (const giveUp of giveUps) giveUp();
    });
  };
  const answers = nodes.map((node) =>
    askNode(node, { ...options, giveUps }).finally(() => watch(options.stallMs)),
  );
  watch(options.limitMs);
  try {
    return await Promise.all(answers);
  } finally {
    timer?.cancel();
  }
}

/** "node NAME: what it said" for each that failed. */
export function explainFailures(
  failures: Iterable<{ readonly node: ClusterNode; readonly error: unknown }>,
): string {
  const reasons = Array.from(failures, ({ node, error }) => `node ${node.name}: ${messageOf(error)}`);
  return reasons.join('; ');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The nodes by cost. Of equal cost are those first that no other gateway stands before; then with `loads` the idle and the
 * fast ones, and the rest in random order.
 */
export function byCost(nodes: readonly ClusterNode[], rng: Rng, loads?: NodeLoads): readonly ClusterNode[] {
  if (nodes.length < 2) return nodes;
  const random = rng.bytes(nodes.length * 4);
  const view = new DataView(random.buffer, random.byteOffset, random.byteLength);
  return nodes
    .map((node, index) => ({
      node,
      running: loads?.running(node.remote.uuid) ?? 0,
      slowness: -(loads?.speedClass(node.remote.uuid) ?? 0),
      tie: view.getUint32(index * 4),
    }))
    .sort(
      (left, right) =>
        left.node.cost - right.node.cost ||
        Number(left.node.gateway !== undefined) - Number(right.node.gateway !== undefined) ||
        left.running - right.running ||
        compare(left.slowness, right.slowness) ||
        left.tie - right.tie,
    )
    .map(({ node }) => node);
}

/** The difference of two infinite numbers is none. */
function compare(left: number, right: number): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

async function askNode<T>(
  node: ClusterNode,
  options: AskOptions<T> & { readonly giveUps: Set<() => void> },
): Promise<NodeAnswer<T>> {
  const link = linkSignal(options.context.signal);
  // Not before the next turn, so that every node is waited for by the time that one answers.
  const asked = Promise.resolve().then(() =>
    options.ask(node, deriveContext(options.context, { signal: link.signal })),
  );
  if (options.stallMs === undefined || node.remote.traits.local) return answerOf(node, link, asked);
  let giveUp = (): void => undefined;
  const givenUp = new Promise<NodeAnswer<T>>((resolve) => {
    giveUp = () => {
      const error = new AnnexError('peer', `node ${node.name} did not answer in time`);
      resolve({ node, ok: false, error });
      link.abort(error);
      asked.then(options.late, () => undefined);
    };
  });
  options.giveUps.add(giveUp);
  try {
    return await Promise.race([answerOf(node, link, asked), givenUp]);
  } finally {
    options.giveUps.delete(giveUp);
  }
}

async function answerOf<T>(node: ClusterNode, link: LinkedSignal, asked: Promise<T>): Promise<NodeAnswer<T>> {
  try {
    return { node, ok: true, value: await asked, link };
  } catch (error) {
    // Frees what the node may still hold.
    link.abort(error);
    return { node, ok: false, error };
  }
}
