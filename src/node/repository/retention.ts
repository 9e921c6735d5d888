/**
 * The retention timestamp beside an object, KEYFILE.rtm: content must not be removed until then, whatever became of the
 * process that promised so. Its text is a POSIX time as git-annex writes it, `1795350669.463517369s`, without line feed.
 */

import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { usualLimits } from '../../types/time-limits.ts';
import { lockFile } from '../lock/file-lock.ts';
import type { AnnexRepository } from './annex-repository.ts';
import { errorCode, filePath, flushDirectory, renameFile, statFile, unlinkFile } from './file-system.ts';
import type { ObjectLocation } from './object-location.ts';

/** Nanoseconds since the epoch, so that two locks of one millisecond differ. */
export type RetentionTime = bigint;

export function formatRetention(time: RetentionTime): string {
  const fraction = (time % billion).toString().padStart(9, '0').replace(/0+$/, '');
  return `${time / billion}${fraction === '' ? '' : `.${fraction}`}s`;
}

/** Undefined for what git-annex would not take for a time. */
export function parseRetention(text: string): RetentionTime | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,18}))?s?\n?$/.exec(text);
  if (match === null) return undefined;
  const [, seconds = '', fraction = ''] = match;
  return BigInt(seconds) * billion + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

/** The time until which content must stay; undefined where nothing holds it. */
export async function readRetention(location: ObjectLocation): Promise<RetentionTime | undefined> {
  const path = filePath(location.retention);
  let text: string;
  try {
    text = await readFile(path, { encoding: 'latin1', flag: constants.O_RDONLY | constants.O_NONBLOCK });
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT') return undefined;
    throw caught;
  }
  const time = parseRetention(text);
  if (time !== undefined) return time;
  // Damaged, by a power cut perhaps: count from when it was written, rather than let go or hold for ever.
  return (await statFile(path, { bigint: true })).mtimeNs + retentionNs;
}

/**
 * Writes the time through to the disk, unless a later one stands there already. The caller has the content locked and
 * its directory open for changes. True where it was written.
 */
export async function writeRetention(
  repository: AnnexRepository,
  location: ObjectLocation,
  time: RetentionTime,
): Promise<boolean> {
  const lock = await lockFile(filePath(location.retentionLock), { mode: 'exclusive', create: 0o666 });
  try {
    await repository.shareFile(location.retentionLock);
    const old = await readRetention(location);
    if (old !== undefined && old >= time) return false;
    await replaceRetention(repository, location, time);
    return true;
  } finally {
    await lock.release();
  }
}

/** Writes the time, whatever stands there. The caller has the lock of writing it, or the content locked exclusively. */
export async function replaceRetention(
  repository: AnnexRepository,
  location: ObjectLocation,
  time: RetentionTime,
): Promise<void> {
  await repository.withOtherTmp(async (directory) => {
    const temporary = filePath(`${directory}/annexus-${randomUUID()}`);
    try {
      const file = await open(temporary, 'wx', 0o666);
      try {
        await file.writeFile(formatRetention(time));
        await file.sync();
      } finally {
        await file.close();
      }
      await renameFile(temporary, filePath(location.retention));
      await flushDirectory(filePath(location.directory));
    } catch (caught) {
      await unlinkFile(temporary).catch(() => false);
      throw caught;
    }
  });
}

const billion = 1_000_000_000n;
const retentionNs = BigInt(usualLimits.lockMs) * 1_000_000n;
