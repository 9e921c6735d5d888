/**
 * Directories and files that all can use who share the repository (core.sharedRepository), whatever the umask: where a
 * group, or everybody, can write to the `annex` directory, they have its permissions, as git-annex's have.
 */

import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './file-system.ts';

/**
 * Makes a directory and those above it. Throws Node's errors.
 * @param annexDir `.git/annex`, whose permissions count
 */
export async function makeSharedDirectory(path: string, annexDir: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (caught) {
    if (errorCode(caught) === 'EEXIST') return;
    if (errorCode(caught) !== 'ENOENT') throw caught;
    await makeSharedDirectory(dirname(path), annexDir);
    await makeSharedDirectory(path, annexDir);
    return;
  }
  if (path.startsWith(`${annexDir}/`)) await share(path, { annexDir, bits: 0o7777 });
}

/** Shares a file that was made. Never fails: who may not change the mode did not make it. */
export async function shareFile(path: string, annexDir: string): Promise<void> {
  await share(path, { annexDir, bits: 0o666 });
}

async function share(
  path: string,
  { annexDir, bits }: { readonly annexDir: string; readonly bits: number },
): Promise<void> {
  try {
    const { mode } = await stat(annexDir);
    if ((mode & 0o022) !== 0) await chmod(path, mode & bits);
  } catch {
    // Only the owner can change the mode, and the owner did when it made the file.
  }
}
