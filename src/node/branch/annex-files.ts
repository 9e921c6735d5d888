/** Small files under `.git/annex/`: read where they are, replaced as a whole by renaming. Names may be any bytes. */

import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { AnnexError } from '../../types/annex-error.ts';
import { byteStringToBytes, bytesToByteString, type ByteString } from '../../util/byte-string.ts';
import type { SharedFiles } from '../repository/shared-files.ts';

/** A path whose every code unit is a byte, as Node takes it. */
export function diskPath(path: ByteString): Buffer {
  return Buffer.from(path, 'latin1');
}

/** Undefined where there is no such file. */
export async function readFileIfAny(path: ByteString): Promise<ByteString | undefined> {
  try {
    return bytesToByteString(await readFile(diskPath(path)));
  } catch (caught) {
    if (isMissing(caught)) return undefined;
    throw diskError(caught, `${path} cannot be read`);
  }
}

/** Writes the file beside its place and renames it there. */
export async function replaceFile(path: ByteString, content: ByteString, files: SharedFiles): Promise<void> {
  const temporary = `${path}.${uniqueName()}.tmp`;
  try {
    await writeFlushed(temporary, content);
    await files.share(diskPath(temporary));
    await rename(diskPath(temporary), diskPath(path));
  } catch (caught) {
    await rm(diskPath(temporary), { force: true });
    throw diskError(caught, `${path} cannot be written`);
  }
}

/** A name that no process has used, not even one of the same number before it (in a container all may be number 1). */
export function uniqueName(): ByteString {
  return `annexus${process.pid}-${lifetime}-${counter++}`;
}

/** Writes a new file through to the disk. */
export async function writeFlushed(path: ByteString, content: ByteString): Promise<void> {
  const file = await open(diskPath(path), 'wx', 0o666);
  try {
    await file.writeFile(byteStringToBytes(content));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a directory last. */
export async function flushDirectory(path: ByteString): Promise<void> {
  const directory = await open(diskPath(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** No file can be where its name would be too long. */
export function isMissing(caught: unknown): boolean {
  return caught instanceof Error && 'code' in caught && missing.has(caught.code);
}

const missing: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

/** What went wrong with a file of the repository. */
export function diskError(caught: unknown, what: string): AnnexError {
  if (caught instanceof AnnexError) return caught;
  const reason = caught instanceof Error ? caught.message : String(caught);
  return new AnnexError('remote', `${what}: ${reason}`, { cause: caught });
}

/** Runs `work` on each item, a few at a time. Waits for all of them even when one fails; then throws the first failure. */
export async function forEachFew<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items.values();
  const worker = async (): Promise<void> => {
    for (const item of iterator) await work(item);
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(fewAtOnce, items.length) }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason as Error;
}

/** A little more than the threads Node has for file work. */
const fewAtOnce = 8;
const lifetime = randomBytes(6).toString('hex');
let counter = 0;
