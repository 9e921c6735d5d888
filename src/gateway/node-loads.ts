/**
 * How busy nodes are: which of several equally cheap ones a download goes to. git-annex takes any at random; here it is the
 * one with the fewest transfers running, and of those one of the fastest lately.
 *
 * Speed is how fast a node gave bytes when it was asked for them, so that a slow client does not count against it. What
 * other programs transfer counts as running too: the gateway's repository shows it.
 */

import type { UUID } from '../types/uuid.ts';
import type { Clock } from '../util/clock.ts';

/** One transfer with a node. Ended exactly once; later calls do nothing. */
export interface NodeTransfer {
  /** The node took so long to give so many bytes. */
  gave(bytes: number, tookMs: number): void;
  end(): void;
}

/** Transfers with nodes that other programs run in the gateway's repository. */
export interface TransfersElsewhere {
  /** Looks again where that is due; undefined where there is nothing to wait for. Never rejects. */
  look(uuids: readonly UUID[]): Promise<void> | undefined;
  /** How many ran with the node at the last look. */
  count(uuid: UUID): number;
}

export class NodeLoads {
  readonly #clock: Clock;
  readonly #elsewhere: TransfersElsewhere | undefined;
  readonly #running = new Map<UUID, number>();
  readonly #speeds = new Map<UUID, Speed>();

  constructor(clock: Clock, elsewhere?: TransfersElsewhere) {
    this.#clock = clock;
    this.#elsewhere = elsewhere;
  }

  /** To be called, and waited for where it gives a promise, before these nodes are chosen among. */
  look(uuids: readonly UUID[]): Promise<void> | undefined {
    return this.#elsewhere?.look(uuids);
  }

  /** Counts as running until it is ended. */
  begin(uuid: UUID): NodeTransfer {
    this.#running.set(uuid, (this.#running.get(uuid) ?? 0) + 1);
    let bytes = 0;
    let tookMs = 0;
    let isOver = false;
    return {
      gave(moreBytes, moreMs) {
        bytes += moreBytes;
        tookMs += Math.max(0, moreMs);
      },
      end: () => {
        if (isOver) return;
        isOver = true;
        const left = (this.#running.get(uuid) ?? 0) - 1;
        if (left <= 0) this.#running.delete(uuid);
        else this.#running.set(uuid, left);
        if (bytes >= leastBytes) this.#learn(uuid, bytes / Math.max(1, tookMs));
      },
    };
  }

  /** How many transfers with the node are running, here and elsewhere. */
  running(uuid: UUID): number {
    return (this.#running.get(uuid) ?? 0) + (this.#elsewhere?.count(uuid) ?? 0);
  }

  /**
   * Grows by one where a node is twice as fast, so that nodes that differ by less share the load. A node that nobody
   * knows lately counts as the fastest: somebody has to try it.
   */
  speedClass(uuid: UUID): number {
    const speed = this.#speeds.get(uuid);
    if (speed === undefined || this.#clock.now() - speed.learntMs > recentMs) return Infinity;
    return Math.round(Math.log2(speed.bytesPerMs));
  }

  #learn(uuid: UUID, bytesPerMs: number): void {
    const now = this.#clock.now();
    const old = this.#speeds.get(uuid);
    const isRecent = old !== undefined && now - old.learntMs <= recentMs;
    // A node that was slow once is not slow for ever, and neither was it fast.
    const mean = isRecent ? (old.bytesPerMs + bytesPerMs) / 2 : bytesPerMs;
    this.#speeds.set(uuid, { bytesPerMs: mean, learntMs: now });
  }
}

interface Speed {
  readonly bytesPerMs: number;
  readonly learntMs: number;
}

/** Smaller transfers tell of round trips and not of speed. */
const leastBytes = 1_048_576;
const recentMs = 600_000;
