/**
 * Makes received, verified and flushed content an object. A crash at any instant leaves it either not there or whole:
 *
 *     mkdir the object's directory; link the partial file to the object; chmod; flush the directories; unlink the first
 *
 * A link, unlike a rename, never replaces an object that another process put there meanwhile, with locks on it perhaps.
 * Only an object that is not the key's content any more is replaced.
 */

import type { ByteString } from '../../util/byte-string.ts';
import type { AnnexRepository } from './annex-repository.ts';
import type { ContentLocks, SharedLock } from './content-locks.ts';
import { errorCode, filePath, linkFile, renameFile, unlinkFile } from './file-system.ts';
import type { ObjectLocation } from './object-location.ts';

/**
 * The object is in place, and the returned lock keeps it there until its presence has been logged: a removal in between
 * would log it missing first and be overruled. Undefined where the place is locked for a removal just now.
 */
export async function installObject(
  repository: AnnexRepository,
  locks: ContentLocks,
  location: ObjectLocation,
  received: ByteString,
): Promise<SharedLock | undefined> {
  for (let attempt = 1; ; attempt++) {
    await repository.makeDirectories(location.directory);
    let lock: SharedLock | undefined;
    try {
      lock = await locks.lockShared(location, { objectPath: received });
      if (lock === undefined) return undefined;
      const isOurs = await repository.changeDirectory(
        location,
        async () => await place(repository, location, received),
      );
      if (!isOurs) {
        // In versions 8 and 9 the lock is on the file that was received, and not on the one that is there.
        const onObject = await locks.lockShared(location);
        await lock.release();
        lock = onObject;
        if (lock === undefined) return undefined;
        if (!(await repository.hasIntactObject(location))) throw goneAgain(location);
      }
      await repository.flushDirectories(location);
      await unlinkFile(filePath(received));
      return lock;
    } catch (caught) {
      await lock?.release();
      await repository.removeEmptyDirectories(location);
      // Whoever removed something from beside it may have deleted the new directory as an empty one.
      if (errorCode(caught) !== 'ENOENT' || attempt === maxAttempts) throw caught;
    }
  }
}

/** False where an object was there already that is as good. */
async function place(
  repository: AnnexRepository,
  location: ObjectLocation,
  received: ByteString,
): Promise<boolean> {
  const [from, to] = [filePath(received), filePath(location.object)];
  try {
    await linkFile(from, to);
  } catch (caught) {
    const code = errorCode(caught) ?? '';
    // On a file system without hard links it is enough to look: nobody else receives the key, as we have its lock.
    if (code !== 'EEXIST' && !noLinks.has(code)) throw caught;
    if (await repository.hasIntactObject(location)) return false;
    // What is there, if anything, is an edited unlocked file, which keeps its other name in the work tree.
    await renameFile(from, to);
  }
  await repository.freezeObject(location);
  return true;
}

function goneAgain({ key }: ObjectLocation): Error {
  return Object.assign(new Error(`content of ${key} was removed as it was stored`), { code: 'ENOENT' });
}

const noLinks: ReadonlySet<string> = new Set(['EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EMLINK']);
const maxAttempts = 5;
