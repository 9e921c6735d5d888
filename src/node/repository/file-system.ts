/**
 * The file system calls of the disk repository, over plain descriptors. A FileHandle costs several times as much as a
 * descriptor, and a small download is four calls in all. Paths are byte strings, since keys need not be UTF-8.
 */

import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { isASCII, type ByteString } from '../../util/byte-string.ts';

/** What Node takes as a path. */
export type FilePath = string | Buffer;

/** A byte string as a path of exactly these bytes. */
export function filePath(path: ByteString): FilePath {
  return isASCII(path) ? path : Buffer.from(path, 'latin1');
}

export const openFile: (path: FilePath, flags: number, mode?: number) => Promise<number> = promisify(fs.open);
export const closeFile: (descriptor: number) => Promise<void> = promisify(fs.close);
export const statFile: (path: FilePath, options: { bigint: true }) => Promise<fs.BigIntStats> = promisify(
  fs.stat,
);
/** Of a symbolic link itself. */
export const statLink: (path: FilePath, options: { bigint: true }) => Promise<fs.BigIntStats> = promisify(
  fs.lstat,
);
export const statDescriptor: (descriptor: number, options: { bigint: true }) => Promise<fs.BigIntStats> =
  promisify(fs.fstat);
export const flushData: (descriptor: number) => Promise<void> = promisify(fs.fdatasync);
export const truncateDescriptor: (descriptor: number, sizeBytes: number) => Promise<void> = promisify(
  fs.ftruncate,
);
export const chmodFile: (path: FilePath, mode: number) => Promise<void> = promisify(fs.chmod);
export const linkFile: (from: FilePath, to: FilePath) => Promise<void> = promisify(fs.link);
export const renameFile: (from: FilePath, to: FilePath) => Promise<void> = promisify(fs.rename);
export const makeDirectory: (path: FilePath, mode: number) => Promise<void> = promisify(fs.mkdir);
export const removeDirectory: (path: FilePath) => Promise<void> = promisify(fs.rmdir);
export const statFileSystem: (path: FilePath, options: { bigint: true }) => Promise<fs.BigIntStatsFs> =
  promisify(fs.statfs);
/** Without a thread: the system has what it needs in memory as soon as the file is open. */
export function statOpenFile(descriptor: number): fs.BigIntStats {
  return fs.fstatSync(descriptor, { bigint: true });
}

/** Of a symbolic link itself; undefined where there is nothing. Without a thread. */
export function statLinkDirectly(path: FilePath): fs.BigIntStats | undefined {
  return fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** As `statLinkDirectly`, in numbers: cheaper, and exact enough for modes, links and sizes. */
export function statLinkPlainly(path: FilePath): fs.Stats | undefined {
  return fs.lstatSync(path, plainly);
}

const plainly = { throwIfNoEntry: false } as const;

/** Without a thread. */
export function openDirectly(path: FilePath, flags: number): number {
  return fs.openSync(path, flags);
}

/** How many bytes came; 0 at the end of the file. Without a thread. */
export function readDirectly(descriptor: number, into: Uint8Array, position: number): number {
  return fs.readSync(descriptor, into, 0, into.length, position);
}

/** Of a file that was only read, which nothing can be lost of. Without a thread. */
export function closeDirectly(descriptor: number): void {
  try {
    fs.closeSync(descriptor);
  } catch {
    // The descriptor is free in any case.
  }
}

const unlinkPath: (path: FilePath) => Promise<void> = promisify(fs.unlink);
const fsync: (descriptor: number) => Promise<void> = promisify(fs.fsync);

/** How many bytes came; 0 at the end of the file. */
export function readAt(descriptor: number, into: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(descriptor, into, 0, into.length, position, (error, bytesRead) => {
      if (error === null) resolve(bytesRead);
      else reject(error);
    });
  });
}

/** Writes all of `bytes`, in as many calls as the system wants. */
export async function writeAt(descriptor: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const from = done;
    done += await new Promise<number>((resolve, reject) => {
      fs.write(descriptor, bytes, from, bytes.length - from, position + from, (error, written) => {
        if (error === null) resolve(written);
        else reject(error);
      });
    });
  }
}

/** Deletes a file; false where there was none. */
export async function unlinkFile(path: FilePath): Promise<boolean> {
  try {
    await unlinkPath(path);
    return true;
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT') return false;
    throw caught;
  }
}

/** Makes the names in a directory durable. File systems that cannot flush a directory (some network ones) are let be. */
export async function flushDirectory(path: FilePath): Promise<void> {
  const descriptor = await openFile(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    await fsync(descriptor);
  } catch (caught) {
    if (!['EINVAL', 'ENOTSUP', 'EBADF'].includes(errorCode(caught) ?? '')) throw caught;
  } finally {
    await closeFile(descriptor);
  }
}

/** Node's error code, such as `ENOENT`. */
export function errorCode(caught: unknown): string | undefined {
  return caught instanceof Error && 'code' in caught ? String(caught.code) : undefined;
}

/** The text of anything caught. */
export function errorText(caught: unknown): string {
  return caught instanceof Error ? caught.message : String(caught);
}

/** Whether an error says that a path leads nowhere. */
export function isAbsent(caught: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(errorCode(caught) ?? '');
}

/** Reading an object, never through a symbolic link nor waiting for a pipe. */
export const openObjectFlags: number =
  fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;
