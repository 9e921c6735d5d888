/**
 * How many programs of git run at once. Who comes when all are taken waits for a while, and is told to come again where it
 * takes too long or too many wait. Whose client has fewest programs running is next, so that one client that asks for
 * much does not keep the others waiting.
 */

import type { Clock } from '../../util/clock.ts';

export interface GitSlotsOptions {
  readonly clock: Clock;
  /** Programs at once; 32 unless told. */
  readonly running?: number | undefined;
  /** Requests that wait at once; 128 unless told. */
  readonly waiting?: number | undefined;
  /** How long one waits at most; 30 s unless told. */
  readonly patienceMs?: number | undefined;
}

/** Gives the place back; calling it again does nothing. */
export type Leave = () => void;

interface Waiter {
  readonly client: string;
  readonly settle: (leave: Leave | undefined) => void;
}

export class GitSlots {
  readonly #clock: Clock;
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #patienceMs: number;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiter>();
  /** Programs of each client that has any. */
  readonly #clients = new Map<string, number>();
  #running = 0;

  constructor({ clock, running = 32, waiting = 128, patienceMs = 30_000 }: GitSlotsOptions) {
    this.#clock = clock;
    this.#maxRunning = running;
    this.#maxWaiting = waiting;
    this.#patienceMs = patienceMs;
  }

  /** Undefined where there is no place, or the client goes away first. @param client whom its programs count for */
  async enter(client: string, signal: AbortSignal): Promise<Leave | undefined> {
    if (this.#running < this.#maxRunning) return this.#begin(client);
    if (this.#waiting.size >= this.#maxWaiting || signal.aborted) return undefined;
    return await new Promise((resolve) => {
      const settle = (leave: Leave | undefined): void => {
        this.#waiting.delete(waiter);
        late.cancel();
        signal.removeEventListener('abort', giveUp);
        resolve(leave);
      };
      const giveUp = (): void => settle(undefined);
      const waiter = { client, settle };
      const late = this.#clock.after(this.#patienceMs, giveUp);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(waiter);
    });
  }

  #begin(client: string): Leave {
    this.#running++;
    this.#clients.set(client, (this.#clients.get(client) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#running--;
      const left = (this.#clients.get(client) ?? 1) - 1;
      if (left === 0) this.#clients.delete(client);
      else this.#clients.set(client, left);
      const next = this.#next();
      next?.settle(this.#begin(next.client));
    };
  }

  #next(): Waiter | undefined {
    let found: Waiter | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiting) {
      const running = this.#clients.get(waiter.client) ?? 0;
      if (running >= fewest) continue;
      found = waiter;
      fewest = running;
    }
    return found;
  }
}
