/**
 * The content locks that clients of one server hold, by lockid. A lock ends early only by `release`; after any other end
 * of a conversation it holds until ten minutes after it was taken or last kept, and a keeper keeps it as long as it
 * stays (design, "Flow, exactly"). The locks themselves live in the Remotes and outlast this table and the process.
 */

import type { ContentLock, NotLocked } from '../../remote/remote.ts';
import { genUUID, type UUID } from '../../types/uuid.ts';
import type { Clock, Rng, Timer } from '../../util/clock.ts';

export interface LockTableOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /** How many locks are held at once; a further one is refused. */
  readonly maxLocks?: number | undefined;
}

export type Taken = { readonly locked: true; readonly lockID: UUID } | NotLocked;

interface Entry {
  readonly lock: ContentLock;
  keepers: number;
  /** Milliseconds since the epoch: until then it holds even without a keeper. */
  untilMs: number;
  timer: Timer | undefined;
}

export class LockTable {
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #maxLocks: number;
  readonly #entries = new Map<UUID, Entry>();
  #beingTaken = 0;

  constructor(options: LockTableOptions) {
    this.#clock = options.clock;
    this.#rng = options.rng;
    this.#maxLocks = options.maxLocks ?? defaultMaxLocks;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Takes a lock by `lock` and remembers it, unless the table is full. */
  async take(lock: () => Promise<ContentLock | NotLocked>): Promise<Taken> {
    if (this.#entries.size + this.#beingTaken >= this.#maxLocks) {
      return { locked: false, reason: `this server holds ${this.#maxLocks} locks already` };
    }
    this.#beingTaken++;
    try {
      const answer = await lock();
      if (!answer.locked) return answer;
      const lockID = genUUID(this.#rng);
      const entry: Entry = { lock: answer, keepers: 0, untilMs: answer.untilMs, timer: undefined };
      this.#entries.set(lockID, entry);
      this.#arm(lockID, entry);
      return { locked: true, lockID };
    } finally {
      this.#beingTaken--;
    }
  }

  /**
   * Extends a lock and keeps it until `stop` is called, which does not release it. Undefined: there is no such lock.
   * Throws where the lock could not be extended; it then holds as long as it did before.
   */
  async keep(lockID: UUID): Promise<{ readonly stop: () => void } | undefined> {
    const entry = this.#entries.get(lockID);
    if (entry === undefined) return undefined;
    entry.keepers++;
    let stopped = false;
    const stop = (): void => {
      if (stopped) return;
      stopped = true;
      entry.keepers--;
    };
    try {
      await this.#extend(lockID, entry);
    } catch (error) {
      stop();
      throw error;
    }
    return { stop };
  }

  /** Ends a lock at once; nothing happens where there is no such lock. */
  async release(lockID: UUID): Promise<void> {
    const entry = this.#entries.get(lockID);
    if (entry === undefined) return;
    this.#forget(lockID, entry);
    await entry.lock.release();
  }

  /** Stops all timers. The locks hold on in their Remotes until they run out. */
  close(): void {
    for (const [lockID, entry] of this.#entries) this.#forget(lockID, entry);
  }

  async #extend(lockID: UUID, entry: Entry): Promise<void> {
    await entry.lock.extend();
    entry.untilMs = entry.lock.untilMs;
    if (this.#entries.get(lockID) === entry) this.#arm(lockID, entry);
  }

  /** Looks again well before the lock runs out where someone keeps it, and otherwise when it has. */
  #arm(lockID: UUID, entry: Entry): void {
    entry.timer?.cancel();
    const leftMs = entry.untilMs - this.#clock.now();
    if (leftMs <= 0 && entry.keepers === 0) {
      this.#forget(lockID, entry);
      return;
    }
    const waitMs = entry.keepers > 0 ? Math.min(Math.max(leftMs / 4, minWaitMs), maxWaitMs) : leftMs;
    entry.timer = this.#clock.after(waitMs, () => this.#look(lockID, entry));
  }

  #look(lockID: UUID, entry: Entry): void {
    if (entry.keepers === 0) {
      this.#arm(lockID, entry);
      return;
    }
    // A try that failed is repeated: there is time for several before the lock runs out.
    this.#extend(lockID, entry).catch(() => {
      if (this.#entries.get(lockID) === entry) this.#arm(lockID, entry);
    });
  }

  #forget(lockID: UUID, entry: Entry): void {
    entry.timer?.cancel();
    this.#entries.delete(lockID);
  }
}

const defaultMaxLocks = 1000;
const minWaitMs = 1000;
const maxWaitMs = 150_000;
