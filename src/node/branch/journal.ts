/**
 * The journal: changed files of the git-annex branch that are not committed to it. Each is a complete replacement of the
 * branch's file. Every git-annex reads the journal first, so a change counts once it is here.
 *
 * Invariant: files are written, staged and removed only while `journal.lck` is held exclusively, and are on the disk,
 * name and all, before the writer goes on. Source: interop reference §3.9.
 */

import { lstatSync, statSync, type BigIntStats } from 'node:fs';
import { readdir, rename, rm, unlink } from 'node:fs/promises';
import { byteStringToText, textToByteString, type ByteString } from '../../util/byte-string.ts';
import { journalFile } from '../../logs/branch-path.ts';
import { lockFile, type FileLock, type LockMode } from '../lock/file-lock.ts';
import { shareFile, type SharedFiles } from '../repository/shared-files.ts';
import {
  diskError,
  diskPath,
  flushDirectory,
  forEachFew,
  isMissing,
  readFileIfAny,
  uniqueName,
  writeFlushed,
} from './annex-files.ts';
import { journalledPath } from './journal-file.ts';

/** A file in the journal as it was seen. */
export interface JournalEntry {
  readonly path: ByteString;
  readonly file: ByteString;
  /** While the lock is held, a file with another version has other content. */
  readonly version: string;
  /** True where this holds without the lock, too: no later file can bear the same version. */
  readonly isSettled: boolean;
}

export class Journal {
  readonly #files: SharedFiles;
  readonly #annexDir: ByteString;
  readonly #directory: ByteString;
  readonly #privateDirectory: ByteString;
  readonly #temporary: ByteString;
  /** Lock files that all can use who share the repository, as far as that is up to this process. */
  readonly #sharedLocks = new Set<string>();

  constructor(files: SharedFiles) {
    this.#files = files;
    this.#annexDir = textToByteString(files.annexDir);
    this.#directory = `${this.#annexDir}/journal`;
    this.#privateDirectory = `${this.#annexDir}/journal-private`;
    this.#temporary = `${this.#annexDir}/othertmp`;
  }

  /** Waits for every other writer of the journal, git-annex's processes too. */
  async lock(signal?: AbortSignal): Promise<FileLock> {
    try {
      return await this.#lock('journal.lck', { mode: 'exclusive', signal });
    } catch (caught) {
      if (!isMissing(caught)) throw caught;
    }
    await this.#files.makeDirectory(this.#files.annexDir);
    return await this.#lock('journal.lck', { mode: 'exclusive', signal });
  }

  /** The journalled content; undefined where the branch's own file counts. */
  async read(path: ByteString): Promise<ByteString | undefined> {
    return await readWholeLines(`${this.#directory}/${journalFile(path)}`);
  }

  /** What is only for this repository to know; it goes after the public content. */
  async readPrivate(path: ByteString): Promise<ByteString | undefined> {
    return await readWholeLines(`${this.#privateDirectory}/${journalFile(path)}`);
  }

  /** Writes files through to the disk. The caller holds the lock. */
  async write(files: ReadonlyMap<ByteString, ByteString>, isPrivate: boolean): Promise<void> {
    if (files.size === 0) return;
    const directory = isPrivate ? this.#privateDirectory : this.#directory;
    await this.#makeDirectory(directory);
    const sharing = await this.#files.sharing();
    await this.withTemporary(async (temporary) => {
      await forEachFew([...files], async ([path, content]) => {
        const file = temporary();
        try {
          await writeFlushed(file, content);
          await shareFile(diskPath(file), sharing);
          await rename(diskPath(file), diskPath(`${directory}/${journalFile(path)}`));
        } catch (caught) {
          await rm(diskPath(file), { force: true });
          throw diskError(caught, `the journal file of ${path} cannot be written`);
        }
      });
      await flushDirectory(directory);
    });
  }

  /** Gives names for temporary files, which git-annex leaves alone meanwhile and clears away if we are killed. */
  async withTemporary<Result>(work: (newFile: () => ByteString) => Promise<Result>): Promise<Result> {
    const inUse = await this.#lock('othertmp.lck', { mode: 'shared' });
    try {
      // Only now: a git-annex that clears away removes the directory too.
      await this.#files.makeDirectory(byteStringToText(this.#temporary));
      return await work(() => `${this.#temporary}/${uniqueName()}`);
    } finally {
      await inUse.release();
    }
  }

  /** The paths that have a journal file now, or one that is only for this repository to know. */
  async paths(isPrivate = false): Promise<readonly ByteString[]> {
    const options = { encoding: 'latin1', withFileTypes: true } as const;
    const directory = isPrivate ? this.#privateDirectory : this.#directory;
    const entries = await readdir(diskPath(directory), options).catch((caught: unknown) => {
      if (isMissing(caught)) return [];
      throw diskError(caught, 'the journal cannot be read');
    });
    // A directory or a pipe is nobody's change; git-annex passes over them, too.
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => journalledPath(entry.name))
      .filter((path) => path !== undefined);
  }

  /** Whether anything is there; a look at the directory. */
  async isEmpty(): Promise<boolean> {
    return (await this.paths()).length === 0;
  }

  /** The file of a path as it is now; undefined where there is none. */
  entry(path: ByteString, isPrivate = false): JournalEntry | undefined {
    const file = `${isPrivate ? this.#privateDirectory : this.#directory}/${journalFile(path)}`;
    const there = regularFile(file);
    if (there === undefined) return undefined;
    // A file that is replaced twice within one step of the file system's time may get its old inode, too.
    const isSettled = Date.now() - Number(there.mtimeMs) > recentMs / 10;
    return { path, file, version: versionOf(there), isSettled };
  }

  /** Removes committed files, but none that is not what was committed. The caller holds the lock. */
  async remove(entries: readonly JournalEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await forEachFew(entries, async ({ file, version }) => {
      const there = regularFile(file);
      if (there !== undefined && versionOf(there) === version) await unlink(diskPath(file));
    });
    // A removed file that came back after a power failure would hide what the branch has learnt since.
    await flushDirectory(this.#directory);
  }

  /**
   * Changes whenever a file is added, replaced or removed. Undefined while the last of that is so recent that the next
   * could bear the same time.
   */
  version(): string | undefined {
    const versions: string[] = [];
    for (const directory of [this.#directory, this.#privateDirectory]) {
      const there = statSync(diskPath(directory), { bigint: true, throwIfNoEntry: false });
      if (there !== undefined && Date.now() - Number(there.mtimeMs) < recentMs) return undefined;
      versions.push(there === undefined ? 'none' : `${there.ino}:${there.mtimeNs}`);
    }
    return versions.join(' ');
  }

  async #makeDirectory(directory: ByteString): Promise<void> {
    const isNew = await this.#files.makeDirectory(byteStringToText(directory));
    if (isNew) await flushDirectory(this.#annexDir);
  }

  async #lock(
    name: string,
    options: { readonly mode: LockMode; readonly signal?: AbortSignal | undefined },
  ): Promise<FileLock> {
    const path = `${this.#files.annexDir}/${name}`;
    const lock = await lockFile(path, { ...options, create: 0o666 });
    if (!this.#sharedLocks.has(name)) {
      this.#sharedLocks.add(name);
      await this.#files.share(path);
    }
    return lock;
  }
}

/** A writer that was cut off while appending leaves a line without its end: that line never counted. */
async function readWholeLines(file: ByteString): Promise<ByteString | undefined> {
  // Most files are not here, which a look tells at less cost than failing to open.
  if (regularFile(file) === undefined) return undefined;
  const content = await readFileIfAny(file);
  return content?.slice(0, content.lastIndexOf('\n') + 1);
}

/** Synchronous: it takes microseconds, and the thread pool would make it wait behind the uploads' flushing. */
function regularFile(path: ByteString): BigIntStats | undefined {
  try {
    const there = lstatSync(diskPath(path), { bigint: true, throwIfNoEntry: false });
    return there?.isFile() === true ? there : undefined;
  } catch (caught) {
    if (isMissing(caught)) return undefined;
    throw diskError(caught, `${path} cannot be read`);
  }
}

function versionOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}

/** Far more than the steps in which file systems keep time. */
const recentMs = 2000;
