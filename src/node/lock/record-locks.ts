/**
 * The probe at startup: a repository shared with real git-annex needs record locks (fcntl). Where the system or the file
 * system has only whole-file locks of another kind (BSD flock), or none, two programs would each believe to be alone.
 */

import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AnnexError } from '../../types/annex-error.ts';
import { tryLock } from './native-locks.ts';

/**
 * Tries locks on a scratch file in `directory`, which must be writable.
 * Throws AnnexError('config') where they are not record locks.
 */
export function assertRecordLocks(directory: string): void {
  let works = false;
  let cause: unknown;
  try {
    works = process.platform !== 'win32' && probe(directory);
  } catch (caught) {
    cause = caught;
  }
  if (works) return;
  const why = cause instanceof Error ? cause.message : 'only whole-file locks, which git-annex does not see';
  throw new AnnexError(
    'config',
    `${directory} has no record locks, so it cannot be shared with git-annex: ${why}`,
    {
      cause,
    },
  );
}

/** Two records of one file can be locked by two open files only where locks are record locks. */
function probe(directory: string): boolean {
  const scratch = mkdtempSync(join(directory, 'annexus-locks-'));
  const open: number[] = [];
  try {
    const path = join(scratch, 'lock');
    const first = openSync(path, 'w+');
    open.push(first);
    const second = openSync(path, 'r+');
    open.push(second);
    return lockByte(first, 0) && lockByte(second, 1) && !lockByte(second, 0);
  } finally {
    for (const descriptor of open) closeSync(descriptor);
    rmSync(scratch, { recursive: true });
  }
}

function lockByte(descriptor: number, offset: number): boolean {
  return tryLock(descriptor, { offset, length: 1 }, { shared: false });
}
