/** What other processes have reserved: their files in a directory, those of dead processes taken away. */

import { readdir, readFile, rm } from 'node:fs/promises';
import { isMissing } from '../branch/annex-files.ts';
import { tryLockFile } from '../lock/file-lock.ts';
import { parseReservations, type HeldRoom } from './reservation-file.ts';

/**
 * All that is held by processes that live. The caller holds the directory's lock.
 * @param ownPath The file that is not another process's.
 */
export async function readOthers(
  directory: string,
  ownPath: string | undefined,
): Promise<readonly HeldRoom[]> {
  const held: HeldRoom[] = [];
  for (const name of await namesIn(directory)) {
    const path = `${directory}/${name}`;
    if (path === ownPath) continue;
    try {
      const lock = await tryLockFile(path, { mode: 'shared' });
      if (lock === undefined) held.push(...parseReservations(await readFile(path, 'latin1')).values());
      else {
        await rm(path, { force: true });
        await lock.release();
      }
    } catch (error) {
      // A process that ended well took its file away.
      if (!isMissing(error)) throw error;
    }
  }
  return held;
}

/** Only of files: a directory that somebody put there is nobody's reservations. */
async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
