/**
 * Copies content from one node of a cluster to others that an upload left out: a node whose partial ended before the
 * client's offset, or one whose place came too late (design, "Flow, exactly").
 *
 * It happens after the upload was answered: the client has its copies, and these are more of them. A fill that fails is
 * told and given up; the next upload of the key, or a sync, finds the node lacking as before.
 */

import type { EventSink } from '../types/event.ts';
import type { Key } from '../types/key.ts';
import { AnnexError } from '../types/annex-error.ts';
import type { Content, Context, Remote, Upload } from '../remote/remote.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { LocationTracker } from './location-tracker.ts';

export interface Fill {
  readonly key: Key;
  readonly from: readonly Remote[];
  readonly to: ClusterNode;
  /** Of the upload, but with a signal of its own: the fill goes on when the client is gone. */
  readonly context: Context;
  /** Called when it is over, or given up. */
  readonly done?: (() => void) | undefined;
}

export class ClusterFiller {
  readonly #tracker: LocationTracker;
  readonly #report: EventSink;
  readonly #controller = new AbortController();
  readonly #waiting: Fill[] = [];
  readonly #running = new Set<Promise<void>>();
  #maxRunning = defaultMaxRunning;

  constructor({ tracker, report }: { readonly tracker: LocationTracker; readonly report: EventSink }) {
    this.#tracker = tracker;
    this.#report = report;
  }

  /** Does it soon. More than `maxWaiting` are not remembered. */
  add(fill: Fill): void {
    if (this.#controller.signal.aborted) return fill.done?.();
    if (this.#waiting.length >= maxWaiting) {
      const error = new AnnexError('busy', `too many fills are waiting to copy ${fill.key} there, too`);
      this.#report({ type: 'node-failed', node: fill.to.remote.uuid, operation: 'fill', error });
      return fill.done?.();
    }
    this.#waiting.push(fill);
    this.#start();
  }

  /** How many may run at once from now on; 2 where not given. */
  limit(maxRunning: number = defaultMaxRunning): void {
    this.#maxRunning = maxRunning;
    this.#start();
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Breaks off what is running, and forgets the rest. What the nodes received is kept for resuming. */
  async close(reason: Error = new AnnexError('peer', 'the gateway is closing')): Promise<void> {
    for (const { done } of this.#waiting.splice(0)) done?.();
    this.#controller.abort(reason);
    await this.idle();
  }

  #start(): void {
    while (this.#running.size < this.#maxRunning) {
      const fill = this.#waiting.shift();
      if (fill === undefined) return;
      const running = this.#run(fill).finally(() => {
        this.#running.delete(running);
        fill.done?.();
        this.#start();
      });
      this.#running.add(running);
    }
  }

  async #run({ key, from, to, context }: Fill): Promise<void> {
    const { signal } = this.#controller;
    const own: Context = { ...context, signal };
    try {
      const reached = await this.#tracker.track(key, {
        run: () => fillNode(key, { from, to: to.remote, context: own }),
        change: (uuids) => ({ present: uuids, missing: [] }),
        probe: async (uuid) => (uuid === to.remote.uuid ? await to.remote.checkPresent(key, own) : undefined),
      });
      this.#report({ type: 'stored', key, uuids: reached });
    } catch (error) {
      if (signal.aborted) return;
      this.#report({ type: 'node-failed', node: to.remote.uuid, operation: 'fill', error });
    }
  }
}

interface Filling {
  readonly from: readonly Remote[];
  readonly to: Remote;
  readonly context: Context;
}

/** The repositories that have the key now. */
async function fillNode(key: Key, { from, to, context }: Filling): Promise<readonly Remote['uuid'][]> {
  const answer = await to.store(key, {}, context);
  if (answer.type === 'refused') throw new AnnexError('remote', answer.reason);
  if (answer.type === 'already-have') return [to.uuid, ...answer.plusUUIDs];
  try {
    const validity = await copy(key, { from, to: answer, context });
    const stored = await answer.finish(validity);
    if (!stored.stored) throw new AnnexError('remote', stored.reason);
    return [to.uuid, ...stored.plusUUIDs];
  } catch (error) {
    await answer.abort();
    throw error;
  }
}

async function copy(
  key: Key,
  { from, to, context }: { readonly from: readonly Remote[]; readonly to: Upload; readonly context: Context },
): Promise<'valid' | 'invalid'> {
  for (const remote of from) {
    const content = await contentOf(key, remote, { offset: to.offset, context });
    if (content === undefined) continue;
    to.announce(content.lengthBytes);
    for await (const chunk of content.chunks) await to.send(chunk);
    return await content.validity();
  }
  throw new AnnexError('remote', `no node has ${key} any more`);
}

/** Undefined also where it cannot be asked: another may have it. Once bytes have passed there is no other. */
async function contentOf(
  key: Key,
  remote: Remote,
  { offset, context }: { readonly offset: number; readonly context: Context },
): Promise<Content | undefined> {
  try {
    return await remote.retrieve(key, { offset }, context);
  } catch {
    context.signal.throwIfAborted();
    return undefined;
  }
}

const defaultMaxRunning = 2;
const maxWaiting = 1000;
