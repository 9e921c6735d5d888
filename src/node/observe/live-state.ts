/**
 * What goes on at the moment, gathered from the events: requests and transfers that run, locks that are held, and what was
 * last heard of each node. For the status page and the metrics, which ask when somebody looks.
 */

import { AnnexError, hasAnswered } from '../../types/annex-error.ts';
import type { Event, HeldLock, Transfer } from '../../types/event.ts';
import type { UUID } from '../../types/uuid.ts';
import type { Clock } from '../../util/clock.ts';

export interface NodeHealth {
  /** Undefined: nobody has asked it anything since the start. */
  readonly reachable: boolean | undefined;
  /** When it last answered or failed; milliseconds since the epoch. */
  readonly heardMs: number | undefined;
  readonly lastFailure: NodeFailure | undefined;
}

export interface NodeFailure {
  readonly atMs: number;
  readonly operation: string;
  readonly message: string;
}

export class LiveState {
  readonly #clock: Clock;
  readonly startedMs: number;
  readonly #transfers = new Set<Transfer>();
  readonly #locks = new Set<HeldLock>();
  readonly #nodes = new Map<UUID, NodeHealth>();
  #runningRequests = 0;
  #pruneAt = minPrune;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.startedMs = clock.now();
  }

  readonly sink = (event: Event): void => {
    if (event.type === 'request-started') this.#runningRequests++;
    else if (event.type === 'request') this.#runningRequests--;
    else if (event.type === 'transfer-started') this.#transfers.add(event.transfer);
    else if (event.type === 'transfer-ended') this.#transfers.delete(event.transfer);
    else if (event.type === 'content-locked') this.#locked(event.lock);
    else if (event.type === 'node-operation' && !event.aborted)
      this.#heard(event.node, event.operation, event.error);
    // It may have answered, if not as it should: the operation says whether it can be reached.
    else if (event.type === 'node-failed') this.#failed(event.node, this.health(event.node).reachable, event);
  };

  get runningRequests(): number {
    return this.#runningRequests;
  }

  /** Those that have run longest first. */
  get transfers(): readonly Transfer[] {
    return [...this.#transfers];
  }

  /** Those that were taken first come first. */
  get locks(): readonly HeldLock[] {
    const nowMs = this.#clock.now();
    for (const lock of this.#locks) if (lock.released || lock.untilMs <= nowMs) this.#locks.delete(lock);
    return [...this.#locks];
  }

  health(node: UUID): NodeHealth {
    return this.#nodes.get(node) ?? unheard;
  }

  /** A question to the node was given up after so long. */
  unanswered(node: UUID, afterMs: number): void {
    const error = new AnnexError('peer', `no answer within ${afterMs / 1000} s`);
    this.#failed(node, false, { operation: 'checkpresent', error });
  }

  #locked(lock: HeldLock): void {
    this.#locks.add(lock);
    if (this.#locks.size >= this.#pruneAt) this.#pruneAt = Math.max(minPrune, this.locks.length * 2);
  }

  #heard(node: UUID, operation: string, error: unknown): void {
    if (error !== undefined) this.#failed(node, hasAnswered(error), { operation, error });
    else {
      const { lastFailure } = this.health(node);
      this.#nodes.set(node, { reachable: true, heardMs: this.#clock.now(), lastFailure });
    }
  }

  #failed(
    node: UUID,
    reachable: boolean | undefined,
    { operation, error }: { readonly operation: string; readonly error: unknown },
  ): void {
    const atMs = this.#clock.now();
    const message = (error instanceof Error ? error.message : String(error)).slice(0, maxMessage);
    this.#nodes.set(node, { reachable, heardMs: atMs, lastFailure: { atMs, operation, message } });
  }
}

const unheard: NodeHealth = { reachable: undefined, heardMs: undefined, lastFailure: undefined };
// Locks that ran out without a word are forgotten when somebody looks, or when so many are remembered.
const minPrune = 1024;
const maxMessage = 300;
