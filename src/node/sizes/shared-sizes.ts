/**
 * LiveSizes that all processes of Annexus share which serve a repository: sums from branch and journal, each process's
 * reservations in a file of its own, and one lock under which room is looked for and reserved.
 *
 * Nothing that takes long is done under the lock, and it is not waited for without end: its holder may be a process that
 * was stopped. Room is then given by what is known, and two who do so at the same moment may give the same twice.
 *
 * What others reserve is read before the sums are brought forward. In the other order an upload that ends in between would
 * be in neither: its room released, and its key not counted yet.
 */

import type { LiveSizes, Reservation, SizeLedger } from '../../gateway/live-sizes.ts';
import { newReservation, Reservations } from '../../gateway/reservations.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { EventSink } from '../../types/event.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import { linkSignal } from '../../util/linked-signal.ts';
import type { AnnexBranch } from '../branch/annex-branch.ts';
import { forEachFew } from '../branch/annex-files.ts';
import { lockFile, tryLockFile, type FileLock } from '../lock/file-lock.ts';
import { linkAbort } from '../lock/link-abort.ts';
import { readOthers } from './other-reservations.ts';
import { ReservationFile, type HeldRoom } from './reservation-file.ts';
import { SharedFiles } from '../repository/shared-files.ts';
import { SizeSums } from './size-sums.ts';

export interface SharedSizesOptions {
  readonly events?: EventSink | undefined;
  /** How long other processes are waited for; five seconds unless told. */
  readonly lockWaitMs?: number | undefined;
}

interface Waiting {
  readonly judge: (ledger: SizeLedger) => void;
  readonly fail: (error: unknown) => void;
}

export class SharedSizes implements LiveSizes {
  /** Without reservations. */
  readonly sums: SizeSums;
  readonly #branch: AnnexBranch;
  readonly #options: SharedSizesOptions;
  readonly #files: SharedFiles;
  readonly #directory: string;
  #waiting: Waiting[] = [];
  #judging: Promise<void> | undefined;
  /** Whether the lock was waited for in vain, and was not free since. */
  #isStuck = false;
  #own: ReservationFile | undefined;
  readonly #closing = new AbortController();
  #lastID = 0;
  readonly #held = new Map<number, HeldRoom>();
  /** Who has the keys that room is held for, as the sums have it. */
  readonly #logged = new Map<Key, ReadonlySet<UUID>>();
  /** What everybody holds, as of the present judgement. */
  #reserved = new Reservations();

  constructor(branch: AnnexBranch, options: SharedSizesOptions = {}) {
    this.#branch = branch;
    this.#options = options;
    this.#files = new SharedFiles(branch.repository);
    this.#directory = `${this.#files.annexDir}/annexus/sizes`;
    this.sums = new SizeSums(branch, {
      directory: this.#directory,
      changed: (key) => {
        if (key === undefined) this.#logged.clear();
        else this.#logged.delete(key);
      },
    });
  }

  async exclusively<Result>(
    judge: (sizes: SizeLedger) => Result,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Result> {
    signal?.throwIfAborted();
    return await new Promise<Result>((resolve, reject) => {
      const unlink = linkAbort(signal, (reason) => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(reason);
      });
      const waiting: Waiting = {
        judge: (ledger) => {
          unlink();
          if (signal?.aborted === true) return;
          try {
            resolve(judge(ledger));
          } catch (error) {
            reject(asError(error));
          }
        },
        fail: (error) => {
          unlink();
          reject(asError(error));
        },
      };
      this.#waiting.push(waiting);
      this.#judging ??= this.#judgeAll().finally(() => {
        this.#judging = undefined;
      });
    });
  }

  /** Waits for judgements under way; those that wait for another process fail. Room that is still held is given up. */
  async close(): Promise<void> {
    this.#closing.abort(new AnnexError('peer', 'the gateway is closing'));
    await this.#judging;
    await this.#own?.close();
    this.#own = undefined;
    this.#held.clear();
    await this.sums.close();
  }

  /** All who wait by the time that the lock is held share one look at the sums; those who come later wait for the next. */
  async #judgeAll(): Promise<void> {
    for (let longLooks = 0; this.#waiting.length > 0; ) {
      let batch: readonly Waiting[] = [];
      try {
        await this.#files.makeDirectory(`${this.#directory}/live`);
        const lock = await this.#lock();
        let isJudged = false;
        try {
          batch = this.#waiting.splice(0);
          isJudged = await this.#judge(batch, longLooks < maxLongLooks);
        } finally {
          await lock?.release();
        }
        longLooks = isJudged ? 0 : longLooks + 1;
        if (isJudged) continue;
        this.#waiting.unshift(...batch);
        batch = [];
        await this.sums.look();
      } catch (error) {
        for (const { fail } of batch.length > 0 ? batch : this.#waiting.splice(0)) fail(error);
      }
    }
  }

  /** Undefined where another process has it for too long, which is told once. */
  async #lock(): Promise<FileLock | undefined> {
    const path = `${this.#directory}/lock`;
    const lock = this.#isStuck ? await tryLockFile(path, lockOptions) : await this.#waitForLock(path);
    if (lock === undefined) {
      if (!this.#isStuck) this.#options.events?.({ type: 'warning', message: `${path} ${stuckText}` });
      this.#isStuck = true;
      return undefined;
    }
    this.#isStuck = false;
    if (this.#own === undefined) await this.#files.share(path);
    return lock;
  }

  async #waitForLock(path: string): Promise<FileLock | undefined> {
    const { lockWaitMs = usualLockWaitMs } = this.#options;
    const waiting = linkSignal(this.#closing.signal);
    const late = new Error('the lock was waited for in vain');
    const timer = this.#branch.clock.after(lockWaitMs, () => waiting.abort(late));
    try {
      return await lockFile(path, { ...lockOptions, signal: waiting.signal });
    } catch (error) {
      if (error === late) return undefined;
      throw error;
    } finally {
      timer.cancel();
      waiting.unlink();
    }
  }

  /** False where the sums have to be brought forward first, by more than others are to wait for. */
  async #judge(batch: readonly Waiting[], isBrief: boolean): Promise<boolean> {
    const own = await this.#ownFile();
    const held = [...this.#held.values()].map(({ key, uuids }) => ({ key, uuids: [...uuids] }));
    const all = [...held, ...(await readOthers(`${this.#directory}/live`, own.path))];
    const judgeNow = async (): Promise<void> => {
      await this.#learnLogged(new Set(all.map(({ key }) => key)));
      this.#reserved = new Reservations();
      for (const { key, uuids } of all) {
        for (const uuid of uuids) this.#reserved.add(key, uuid, this.#logged.get(key)?.has(uuid) ?? false);
      }
      const ledger = this.#ledger(own);
      for (const { judge } of batch) judge(ledger);
    };
    if (isBrief) return await this.sums.lookBriefly(judgeNow);
    await this.sums.lookAnd(judgeNow);
    return true;
  }

  #ledger(own: ReservationFile): SizeLedger {
    return {
      sizeOf: (uuid) => {
        const amount = this.sums.amountOf(uuid);
        return amount === undefined ? undefined : amount.bytes + this.#reserved.bytesAt(uuid);
      },
      reserve: (key, uuids, logged) => this.#reserve({ key, uuids, logged, own }),
    };
  }

  /** The file of this process; a new one where there is none, or where it was deleted. */
  async #ownFile(): Promise<ReservationFile> {
    if (this.#own?.isThere === false) {
      await this.#own.close();
      this.#own = undefined;
    }
    this.#own ??= await ReservationFile.create(`${this.#directory}/live`, this.#files);
    if (this.#own.needsRewrite) this.#own.rewrite(this.#held.values());
    return this.#own;
  }

  /** Who has these keys by what the sums count; what is known of other keys is forgotten. */
  async #learnLogged(keys: ReadonlySet<Key>): Promise<void> {
    for (const key of this.#logged.keys()) if (!keys.has(key)) this.#logged.delete(key);
    const unknown = [...keys].filter((key) => !this.#logged.has(key));
    await forEachFew(unknown, async (key) => {
      this.#logged.set(key, new Set(await this.sums.locations(key)));
    });
  }

  #reserve({ key, uuids, logged, own }: ReserveOptions): Reservation {
    const id = ++this.#lastID;
    const places = new Set(uuids);
    own.hold({ id, key, uuids: places });
    this.#held.set(id, { id, key, uuids: places });
    // By the sums it is told at the next judgement.
    for (const uuid of places) this.#reserved.add(key, uuid, logged?.has(uuid) ?? false);
    return newReservation(places, (uuid) => {
      places.delete(uuid);
      if (places.size === 0) this.#held.delete(id);
      this.#reserved.remove(key, uuid);
      this.#own?.release(id, uuid);
    });
  }
}

interface ReserveOptions {
  readonly key: Key;
  readonly uuids: Iterable<UUID>;
  readonly logged: ReadonlySet<UUID> | undefined;
  readonly own: ReservationFile;
}

const lockOptions = { mode: 'exclusive', create: 0o666 } as const;
/** From then on others wait: where the branch goes on changing by so much, nobody would ever be judged. */
const maxLongLooks = 3;
/** It is held for tenths of a second at most. */
const usualLockWaitMs = 5000;
const stuckText =
  'is held by a process that does not go on: until it does, room for uploads may be given twice';

function asError(caught: unknown): Error {
  return caught instanceof Error ? caught : new Error(String(caught));
}
