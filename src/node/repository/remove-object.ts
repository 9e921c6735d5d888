/**
 * Removes content. The order is: lock, look at the time, log the content missing, delete it.
 *
 * git-annex deletes first and logs then, so a crash in between leaves a log that counts on a copy that is gone, and
 * others may drop theirs because of it. Logged first, a crash leaves a copy too many, which `git annex fsck` counts again.
 * An upload that finishes at the same moment holds a shared lock until it has logged, so the two logs never cross.
 */

import type { LocationLog } from '../../gateway/location-log.ts';
import type { Removed } from '../../remote/remote.ts';
import { toAnnexError } from '../../types/annex-error.ts';
import type { EventSink } from '../../types/event.ts';
import type { Key } from '../../types/key.ts';
import type { Clock } from '../../util/clock.ts';
import type { AnnexRepository } from './annex-repository.ts';
import type { ContentLocks, RemovalLock } from './content-locks.ts';
import { errorText, filePath, isAbsent, unlinkFile } from './file-system.ts';
import type { ObjectLocation } from './object-location.ts';

export interface RemovalTools {
  readonly repository: AnnexRepository;
  readonly locks: ContentLocks;
  readonly locationLog: LocationLog;
  readonly clock: Clock;
  readonly events: EventSink;
}

/** @param before whole seconds of the monotonic clock; undefined for no limit. */
export async function removeObject(
  tools: RemovalTools,
  key: Key,
  before: number | undefined,
): Promise<Removed> {
  // Content may stand in both hash directories; while one copy is left it is not removed.
  for (;;) {
    const location = await tools.repository.findObject(key);
    if (location === undefined) return { removed: true, plusUUIDs: [] };
    const reason = await removeFrom(tools, location, before);
    if (reason !== undefined) return { removed: false, reason, plusUUIDs: [] };
  }
}

/** Undefined where it is gone from there, or else why it is not. */
async function removeFrom(
  tools: RemovalTools,
  location: ObjectLocation,
  before: number | undefined,
): Promise<string | undefined> {
  let lock: RemovalLock | string;
  try {
    lock = await tools.locks.lockForRemoval(location);
  } catch (caught) {
    if (isAbsent(caught) && !(await tools.repository.hasObject(location))) return undefined;
    throw toAnnexError(caught, `locking content of ${location.key} for removal`);
  }
  if (typeof lock === 'string') return lock;
  try {
    // Strictly before (git-annex's REMOVE-BEFORE), and asked after the lock was waited for.
    if (before !== undefined && Math.floor(tools.clock.monotonicSeconds()) >= before) {
      return `the time to remove ${location.key} has passed`;
    }
    await deleteLogged(tools, location);
  } finally {
    await lock.release().catch(() => undefined);
    if (!(await tools.repository.hasObject(location)))
      await tools.repository.removeEmptyDirectories(location);
  }
  return undefined;
}

async function deleteLogged(tools: RemovalTools, location: ObjectLocation): Promise<void> {
  const { repository, locationLog } = tools;
  const { key } = location;
  let isErased = false;
  await locationLog.logChange(key, { present: [], missing: [repository.uuid] });
  try {
    await repository.changeDirectory(
      location,
      async () => {
        await repository.thawObject(location);
        isErased = await repository.eraseObject(location).catch((caught: unknown) => {
          // As with git-annex, it is deleted all the same: half erased it is of no use.
          tools.events({
            type: 'warning',
            message: `content of ${key} was not erased: ${errorText(caught)}`,
          });
          return true;
        });
        await unlinkFile(filePath(location.object));
      },
      { freeze: false },
    );
  } catch (caught) {
    // What an erasing command may have touched is not counted on again.
    if (!isErased && (await repository.hasObject(location))) {
      await locationLog.logChange(key, { present: [repository.uuid], missing: [] });
    }
    throw toAnnexError(caught, `removing content of ${key}`);
  }
}
