/**
 * Locks on files that real git-annex honours, and whose locks it honours: record locks over the whole file, held by the
 * open file description, so that two of them in one process conflict as well.
 *
 * A lock counts only while its path leads to the file that was locked (git-annex's "sane lock"): a lock file may be
 * deleted by the one who held it, and a lock on a deleted file would exclude nobody. The descriptor is a plain number,
 * never a FileHandle: a garbage-collected FileHandle would give the lock up.
 */

import { chmod, close, fstat, open, stat, constants } from 'node:fs';
import { promisify } from 'node:util';
import { FairLocks, type LockMode, type Release } from './fair-lock.ts';
import { sleep } from './link-abort.ts';
import { tryLock } from './native-locks.ts';

export type { LockMode } from './fair-lock.ts';

/** A lock that is held. It ends with `release`, or with the process. */
export interface FileLock {
  /** Never fails; calling it again does nothing. */
  release(): Promise<void>;
}

export interface FileLockOptions {
  /** An exclusive lock opens the file for writing, a shared one for reading. */
  readonly mode: LockMode;
  /** Mode bits (umask applies) to create the file with if it is missing. Without it a missing file is an ENOENT error. */
  readonly create?: number | undefined;
  /**
   * For an exclusive lock on a read-only file (content of repository versions 8 and 9): make it writable for the moment
   * of opening it where the system asks for that, as git-annex does.
   */
  readonly thaw?: boolean | undefined;
}

/** Undefined where someone else has a conflicting lock now. Other failures (ENOENT, EACCES, ENOLCK …) are Node's errors. */
export async function tryLockFile(
  path: string | Buffer,
  options: FileLockOptions,
): Promise<FileLock | undefined> {
  const turn = ownLocks.tryAcquire(pathName(path), options.mode);
  if (turn === undefined) return undefined;
  let descriptor: number | undefined;
  try {
    descriptor = await tryLockOnce(path, options);
  } finally {
    if (descriptor === undefined) turn();
  }
  return descriptor === undefined ? undefined : new HeldFileLock(descriptor, turn);
}

/**
 * Waits until nobody has a conflicting lock. Waiters of this process take turns in order of arrival; another process is
 * waited for by trying again every 1 to 50 ms. Rejects with `signal.reason` when that aborts.
 */
export async function lockFile(
  path: string | Buffer,
  options: FileLockOptions & { readonly signal?: AbortSignal | undefined },
): Promise<FileLock> {
  const { signal } = options;
  const turn = await ownLocks.acquire(pathName(path), options.mode, signal);
  let descriptor: number | undefined;
  try {
    for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, maxDelayMs)) {
      descriptor = await tryLockOnce(path, options);
      if (descriptor !== undefined) break;
      await sleep(delayMs, signal);
    }
  } finally {
    if (descriptor === undefined) turn();
  }
  return new HeldFileLock(descriptor, turn);
}

/** The locked descriptor, or undefined where another process has it. */
async function tryLockOnce(path: string | Buffer, options: FileLockOptions): Promise<number | undefined> {
  for (let attempt = 0; attempt < maxReplacements; attempt++) {
    const descriptor = await openForLock(path, options);
    let isHeld = false;
    try {
      if (!tryLock(descriptor, wholeFile, { shared: options.mode === 'shared' })) return undefined;
      isHeld = await isAt(descriptor, path);
    } finally {
      if (!isHeld) await closeFile(descriptor);
    }
    if (isHeld) return descriptor;
  }
  return undefined;
}

async function openForLock(path: string | Buffer, options: FileLockOptions): Promise<number> {
  const { mode, create, thaw } = options;
  const access = mode === 'exclusive' ? constants.O_RDWR : constants.O_RDONLY;
  const flags = access | (create === undefined ? 0 : constants.O_CREAT);
  try {
    return await openFile(path, flags, create ?? 0o666);
  } catch (caught) {
    if (thaw !== true || mode !== 'exclusive' || errorCode(caught) !== 'EACCES') throw caught;
  }
  const before = Number((await statFile(path, { bigint: true })).mode) & 0o7777;
  await chmodFile(path, before | 0o200);
  try {
    return await openFile(path, access);
  } finally {
    await chmodFile(path, before);
  }
}

async function isAt(descriptor: number, path: string | Buffer): Promise<boolean> {
  const locked = await fstatFile(descriptor, { bigint: true });
  try {
    const there = await statFile(path, { bigint: true });
    return there.ino === locked.ino && there.dev === locked.dev;
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT') return false;
    throw caught;
  }
}

class HeldFileLock implements FileLock {
  #descriptor: number | undefined;
  readonly #turn: Release;

  constructor(descriptor: number, turn: Release) {
    this.#descriptor = descriptor;
    this.#turn = turn;
  }

  async release(): Promise<void> {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    this.#descriptor = undefined;
    try {
      // Closing the only descriptor of an open file ends its locks. A failing close has closed it all the same.
      await closeFile(descriptor);
    } catch {
      // Nothing was written through it.
    } finally {
      this.#turn();
    }
  }
}

function pathName(path: string | Buffer): string {
  return typeof path === 'string' ? Buffer.from(path).toString('latin1') : path.toString('latin1');
}

function errorCode(caught: unknown): string | undefined {
  return caught instanceof Error && 'code' in caught ? String(caught.code) : undefined;
}

const openFile = promisify(open) as (path: string | Buffer, flags: number, mode?: number) => Promise<number>;
const closeFile = promisify(close);
const fstatFile = promisify(fstat);
const statFile = promisify(stat);
const chmodFile = promisify(chmod);
const ownLocks = new FairLocks();
const wholeFile = { offset: 0, length: 0 };
const maxDelayMs = 50;
/** How often in a row a lock file may be replaced under us before we call it busy. */
const maxReplacements = 10;
