/**
 * Sizes of repositories as placement judges by them: what the location logs say, and room that is reserved for uploads on
 * their way (git-annex's live updates). Checking for room and reserving it are one step that nobody comes between, in this
 * process or another that serves the repository; see doc/decisions/0012-placement.md.
 *
 * `node/sizes/` has the one that processes share, `memory-sizes.ts` the one for the simulator and tests.
 */

import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';

export interface LiveSizes {
  /**
   * Calls `judge` with sizes that are as of now, while nobody else judges, unless somebody does for too long (a process
   * that was stopped). `judge` must not wait for anything: what it
   * returns, or throws, is passed on as it is. Rejects with `signal.reason` when that aborts before.
   */
  exclusively<Result>(
    judge: (sizes: SizeLedger) => Result,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Result>;
}

/** Sizes while nobody else judges. Not to be used after `judge` returned. */
export interface SizeLedger {
  /**
   * Bytes of the keys that the repository is logged to have, and of those that room is reserved for there and that it is
   * not logged to have yet, each once. Undefined for a repository that is not known; keys of unknown size count 0.
   */
  sizeOf(uuid: UUID): bigint | undefined;
  /**
   * Reserves room for a key at each of these repositories, before its first byte flows. `sizeOf` counts it at once.
   * @param logged who is logged to have the key, as far as the caller knows: there it counts already
   */
  reserve(key: Key, uuids: Iterable<UUID>, logged?: ReadonlySet<UUID>): Reservation;
}

/** Room that is held until it is released, or the process ends. */
export interface Reservation {
  /** Where room is still held. */
  readonly uuids: ReadonlySet<UUID>;
  /**
   * Gives up the room at a repository, or at all: after the location log has the key there, which then counts by that, or
   * when it is certain that it will not get the key. Never throws; calling it again does nothing.
   */
  release(uuid?: UUID): void;
}
