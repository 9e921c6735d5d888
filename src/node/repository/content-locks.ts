/**
 * Content locks that real git-annex honours and whose locks it honours: shared ones that keep content in place, exclusive
 * ones for removal.
 *
 * Version 10 locks KEYFILE.lck beside the object, and a retention timestamp outlives the process. Versions 8 and 9 lock
 * the object itself and have no retention; annex/sentinal is locked meanwhile, so that no upgrade to 10 comes in between.
 * The invariant: whoever deletes a lock file has it locked exclusively.
 */

import { AnnexError } from '../../types/annex-error.ts';
import type { ContentLock, NotLocked } from '../../remote/remote.ts';
import { usualLimits } from '../../types/time-limits.ts';
import type { Clock, Timer } from '../../util/clock.ts';
import { Turns } from '../../util/turns.ts';
import {
  lockFile,
  tryLockFile,
  type FileLock,
  type FileLockOptions,
  type LockMode,
} from '../lock/file-lock.ts';
import { sleep } from '../lock/link-abort.ts';
import type { AnnexRepository } from './annex-repository.ts';
import { errorText, filePath, isAbsent, unlinkFile } from './file-system.ts';
import type { ObjectLocation } from './object-location.ts';
import { readRetention, replaceRetention, writeRetention, type RetentionTime } from './retention.ts';

/** An exclusive lock on content. */
export interface RemovalLock {
  /** Gives up the lock and deletes the lock file. */
  release(): Promise<void>;
}

/** The shared locks of one process on one object. */
interface Holders {
  count: number;
  /** Retention times written by locks of this process, which it may take back when the last of them is released. */
  readonly written: Set<RetentionTime>;
  /** What a process that is dead promised: put back where a later time of ours replaced it. */
  promised: RetentionTime;
}

export class ContentLocks {
  readonly #repository: AnnexRepository;
  readonly #clock: Clock;
  readonly #lockMs: number;
  readonly #holders = new Map<string, Holders>();
  /**
   * Taking and ending shared locks of one object take turns: between the end of a lock and its cleaning up, its
   * retention time looks like that of a dead process.
   */
  readonly #turns = new Turns<string>();
  #lastTime: RetentionTime = 0n;

  /** @param options `lockMs`: how long a lock holds unless it is extended; ten minutes unless told */
  constructor(
    repository: AnnexRepository,
    { clock, lockMs = usualLimits.lockMs }: { readonly clock: Clock; readonly lockMs?: number | undefined },
  ) {
    this.#repository = repository;
    this.#clock = clock;
    this.#lockMs = lockMs;
  }

  /** Keeps content in place for ten minutes, or for as long as it is extended. */
  async lock(location: ObjectLocation): Promise<ContentLock | NotLocked> {
    let held: SharedLock | undefined;
    try {
      held = await this.#turns.run(location.lock, async () => {
        const promised = await this.#promiseOfTheDead(location);
        return await this.#hold(location, undefined, promised);
      });
      if (held === undefined) return notLocked(`content of ${location.key} is locked for removal`);
      const untilMs = this.#clock.now() + this.#lockMs;
      await held.retain(untilMs);
      // It may have gone before the lock was there.
      if (!(await this.#repository.hasObject(location))) {
        await held.release();
        return notLocked(`failed to lock content: ${location.key} is not present`);
      }
      return new HeldContentLock(held, { clock: this.#clock, lockMs: this.#lockMs, untilMs });
    } catch (caught) {
      await held?.release();
      if (isAbsent(caught)) return notLocked(`failed to lock content: ${location.key} is not present`);
      return notLocked(`failed to lock content of ${location.key}: ${errorText(caught)}`);
    }
  }

  /**
   * The bare lock, without retention; the object need not be there yet, its directory must. Undefined where someone is
   * removing it.
   */
  async lockShared(
    location: ObjectLocation,
    { objectPath }: SharedLockOptions = {},
  ): Promise<SharedLock | undefined> {
    return await this.#turns.run(location.lock, async () => await this.#hold(location, objectPath, 0n));
  }

  /** The caller has the object's turn. `promised` is put back when the lock's own retention time is taken away. */
  async #hold(
    location: ObjectLocation,
    objectPath: string | undefined,
    promised: RetentionTime,
  ): Promise<SharedLock | undefined> {
    const taken = await this.#takeShared(location, objectPath);
    if (taken === undefined) return undefined;
    const holders = this.#holders.get(location.lock) ?? { count: 0, written: new Set(), promised };
    if (promised > holders.promised) holders.promised = promised;
    holders.count++;
    this.#holders.set(location.lock, holders);
    let released = false;
    return {
      isRetained: taken.hasLockFile,
      retain: async (untilMs) => {
        if (!taken.hasLockFile || released) return;
        const time = this.#uniqueTime(untilMs);
        await this.#repository.changeDirectory(location, async () => {
          if (await writeRetention(this.#repository, location, time)) holders.written.add(time);
        });
      },
      release: async () => {
        if (released) return;
        released = true;
        await this.#turns.run(location.lock, async () => await this.#letGo(location, taken, holders));
      },
    };
  }

  async #letGo(location: ObjectLocation, taken: Taken, holders: Holders): Promise<void> {
    await taken.release();
    holders.count--;
    if (taken.hasLockFile) await this.#cleanUp(location, holders);
    if (holders.count === 0) this.#holders.delete(location.lock);
  }

  /** Locks content for removal. A string says why it cannot be. */
  async lockForRemoval(location: ObjectLocation): Promise<RemovalLock | string> {
    const isLocked = `content of ${location.key} is locked`;
    const taken = await this.#take(location, 'exclusive', undefined);
    if (taken === undefined) return isLocked;
    if (!taken.hasLockFile) return { release: async () => await taken.release() };
    try {
      const retention = await readRetention(location);
      if (retention !== undefined) {
        if (this.#nowNs() <= retention) {
          await taken.release();
          return isLocked;
        }
        await this.#deleteLockFiles(location, [location.retention, location.retentionLock]);
      }
    } catch (caught) {
      await taken.release();
      throw caught;
    }
    return {
      release: async () => {
        try {
          await this.#deleteLockFiles(location, [location.lock]);
        } finally {
          await taken.release();
        }
      },
    };
  }

  /** A retention time to come, where nobody lives who could take it back; 0 where there is none. */
  async #promiseOfTheDead(location: ObjectLocation): Promise<RetentionTime> {
    const promised = await readRetention(location);
    if (promised === undefined || promised < this.#nowNs()) return 0n;
    const lock = await this.#lockLockFile(location, { mode: 'exclusive', create: 0o666 });
    await lock?.release();
    return lock === undefined ? 0n : promised;
  }

  /** The end of another's shared lock is an exclusive one for a moment, so what looks like a removal may be none. */
  async #takeShared(location: ObjectLocation, objectPath: string | undefined): Promise<Taken | undefined> {
    for (const delayMs of retryDelaysMs) {
      const taken = await this.#take(location, 'shared', objectPath);
      if (taken !== undefined) return taken;
      await sleep(delayMs, undefined);
    }
    return await this.#take(location, 'shared', objectPath);
  }

  /** Takes the lock that the repository's version asks for. */
  async #take(
    location: ObjectLocation,
    mode: LockMode,
    objectPath: string | undefined,
  ): Promise<Taken | undefined> {
    if ((await this.#repository.settings()).version >= 10) return await this.#takeLockFile(location, mode);
    const sentinal = await lockFile(filePath(`${this.#repository.annexDirectory}/sentinal`), {
      mode: 'shared',
      create: 0o666,
    });
    let lock: FileLock | undefined;
    try {
      // The upgrade may have happened while we waited.
      if ((await this.#repository.settings()).version >= 10) return await this.#takeLockFile(location, mode);
      lock = await tryLockFile(filePath(objectPath ?? location.object), { mode, thaw: true });
    } finally {
      if (lock === undefined) await sentinal.release();
    }
    if (lock === undefined) return undefined;
    const held = lock;
    return {
      hasLockFile: false,
      release: async () => {
        await held.release();
        await sentinal.release();
      },
    };
  }

  async #takeLockFile(location: ObjectLocation, mode: LockMode): Promise<Taken | undefined> {
    const lock = await this.#lockLockFile(location, { mode, create: 0o666 });
    if (lock === undefined) return undefined;
    await this.#repository.shareFile(location.lock);
    return { hasLockFile: true, release: async () => await lock.release() };
  }

  /** Holds no lock where the directory could not be closed again. */
  async #lockLockFile(location: ObjectLocation, options: FileLockOptions): Promise<FileLock | undefined> {
    let lock: FileLock | undefined;
    try {
      await this.#repository.changeDirectory(location, async () => {
        lock = await tryLockFile(filePath(location.lock), options);
      });
      return lock;
    } catch (caught) {
      await lock?.release();
      throw caught;
    }
  }

  /** After the last shared lock: deletes the lock file, and the retention timestamp if it is one of ours. */
  async #cleanUp(location: ObjectLocation, holders: Holders): Promise<void> {
    if (holders.count > 0) return;
    try {
      const isClean = await this.#repository.changeDirectory(location, async () => {
        const lock = await tryLockFile(filePath(location.lock), { mode: 'exclusive' });
        try {
          if (lock !== undefined) await this.#deleteOwnFiles(location, holders);
          return lock !== undefined;
        } finally {
          await lock?.release();
        }
      });
      if (!isClean) return;
      if (!(await this.#repository.hasObject(location)))
        await this.#repository.removeEmptyDirectories(location);
    } catch {
      // The lock is given up; lock files left behind hold nothing beyond their time.
    }
  }

  /** The directory can be changed, and the content is locked exclusively. */
  async #deleteOwnFiles(location: ObjectLocation, holders: Holders): Promise<void> {
    const retention = await readRetention(location);
    if (retention !== undefined && holders.written.has(retention)) {
      if (holders.promised >= this.#nowNs()) {
        await replaceRetention(this.#repository, location, holders.promised);
      } else {
        await unlinkFile(filePath(location.retention));
        await unlinkFile(filePath(location.retentionLock));
      }
    }
    await unlinkFile(filePath(location.lock));
  }

  async #deleteLockFiles(location: ObjectLocation, paths: readonly string[]): Promise<void> {
    await this.#repository.changeDirectory(location, async () => {
      for (const path of paths) await unlinkFile(filePath(path));
    });
  }

  #nowNs(): bigint {
    return BigInt(Math.floor(this.#clock.now() * 1000)) * 1000n;
  }

  #uniqueTime(untilMs: number): RetentionTime {
    const time = BigInt(Math.ceil(untilMs * 1000)) * 1000n;
    this.#lastTime = time > this.#lastTime ? time : this.#lastTime + 1n;
    return this.#lastTime;
  }
}

interface SharedLockOptions {
  /** Where the object is now, if not yet in its place. */
  readonly objectPath?: string | undefined;
}

/** A shared lock on content. */
export interface SharedLock {
  /** Whether `retain` can keep it: only from version 10 on. */
  readonly isRetained: boolean;
  /** Keeps the content until then even if this process dies (version 10 only). */
  retain(untilMs: number): Promise<void>;
  release(): Promise<void>;
}

interface Taken {
  readonly hasLockFile: boolean;
  release(): Promise<void>;
}

/** Holds by itself until its time, whatever became of the one who asked. */
class HeldContentLock implements ContentLock {
  readonly locked = true;
  readonly #lock: SharedLock;
  readonly #clock: Clock;
  readonly #lockMs: number;
  #untilMs: number;
  #timer: Timer;
  #released = false;
  /** Extending and releasing take turns: a time written after the release would hold the content for ten minutes. */
  #turn: Promise<void> = Promise.resolve();

  constructor(
    lock: SharedLock,
    { clock, lockMs, untilMs }: { readonly clock: Clock; readonly lockMs: number; readonly untilMs: number },
  ) {
    this.#lock = lock;
    this.#clock = clock;
    this.#lockMs = lockMs;
    this.#untilMs = untilMs;
    this.#timer = this.#wait();
  }

  get untilMs(): number {
    return this.#untilMs;
  }

  get outlivesProcess(): boolean {
    return this.#lock.isRetained;
  }

  async extend(): Promise<void> {
    if (this.#released) throw new AnnexError('remote', 'the content lock has ended already');
    const untilMs = this.#clock.now() + this.#lockMs;
    const extended = this.#turn.then(async () => await this.#lock.retain(untilMs));
    this.#turn = extended.catch(() => undefined);
    await extended;
    this.#untilMs = Math.max(this.#untilMs, untilMs);
  }

  async release(): Promise<void> {
    if (!this.#released) {
      this.#released = true;
      this.#timer.cancel();
      this.#turn = this.#turn.then(async () => await this.#lock.release());
    }
    await this.#turn;
  }

  #wait(): Timer {
    return this.#clock.after(Math.max(0, this.#untilMs - this.#clock.now()) + 1, () => {
      if (this.#released) return;
      if (this.#clock.now() >= this.#untilMs) void this.release();
      else this.#timer = this.#wait();
    });
  }
}

const retryDelaysMs = [5, 20, 50];

function notLocked(reason: string): NotLocked {
  return { locked: false, reason };
}
