/**
 * Transfer locks and the file beside them that tells `git annex info` what is going on (git-annex's Logs.Transfer).
 *
 *     annex/transfer/download/lck/lck.KEYFILE     one download of a key at a time, from wherever
 *     annex/transfer/DIRECTION/UUID/lck.KEYFILE   held as long as the transfer with that repository runs
 *     annex/transfer/DIRECTION/UUID/KEYFILE       start time, bytes done, and the associated file
 *
 * "download" is towards this repository: what a client uploads is a download here. The locks are taken in that order.
 * Several may read a key at once, so an upload whose lock is taken goes on without.
 */

import { writeFile } from 'node:fs/promises';
import { keyFile } from '../../types/key-file.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { tryLockFile, type FileLock } from '../lock/file-lock.ts';
import type { AnnexRepository } from './annex-repository.ts';
import { errorCode, filePath, unlinkFile } from './file-system.ts';

export interface Transfer {
  readonly key: Key;
  /** The repository at the other end. */
  readonly uuid: UUID;
  readonly associatedFile: ByteString | undefined;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
}

export interface TransferLock {
  /** Tells how far the transfer is. Never fails, and never waits for the disk. */
  progress(bytesComplete: number): void;
  /** Never fails; deletes the lock files and the information. */
  release(): Promise<void>;
}

/** Undefined where another process, or this one, is receiving the key already. */
export async function lockDownload(
  repository: AnnexRepository,
  transfer: Transfer,
): Promise<TransferLock | undefined> {
  const top = `${repository.annexDirectory}/transfer/download`;
  const name = keyFile(transfer.key);
  const paths = [`${top}/lck/lck.${name}`, `${top}/${transfer.uuid}/lck.${name}`];
  return await holdLocks(paths, { repository, transfer, path: `${top}/${transfer.uuid}/${name}` });
}

/** Undefined also where another is sending the key to the same repository. */
export async function lockUpload(
  repository: AnnexRepository,
  transfer: Transfer,
): Promise<TransferLock | undefined> {
  const directory = `${repository.annexDirectory}/transfer/upload/${transfer.uuid}`;
  const name = keyFile(transfer.key);
  return await holdLocks([`${directory}/lck.${name}`], {
    repository,
    transfer,
    path: `${directory}/${name}`,
  });
}

interface Locking {
  readonly repository: AnnexRepository;
  readonly transfer: Transfer;
  /** Of the information. */
  readonly path: ByteString;
}

async function holdLocks(
  paths: readonly ByteString[],
  { repository, transfer, path }: Locking,
): Promise<TransferLock | undefined> {
  const held: HeldFile[] = [];
  try {
    for (const lockPath of paths) {
      const lock = await takeLock(repository, lockPath);
      if (lock === undefined) {
        await releaseAll(held);
        return undefined;
      }
      held.push({ path: lockPath, lock });
    }
    const information = new TransferInformation(path, transfer);
    await information.write(0).catch(() => undefined);
    await repository.shareFile(path).catch(() => undefined);
    return {
      progress: (bytesComplete) => information.update(bytesComplete),
      release: async () => {
        await information.delete();
        await releaseAll(held);
      },
    };
  } catch (caught) {
    await releaseAll(held);
    throw caught;
  }
}

async function takeLock(repository: AnnexRepository, path: ByteString): Promise<FileLock | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const lock = await tryLockFile(filePath(path), { mode: 'exclusive', create: 0o666 });
      if (lock !== undefined) await repository.shareFile(path);
      return lock;
    } catch (caught) {
      if (errorCode(caught) !== 'ENOENT' || attempt === maxAttempts) throw caught;
      await repository.makeDirectories(path.slice(0, path.lastIndexOf('/')));
    }
  }
}

/** A lock file is deleted while it is locked, so that nobody deletes another's. */
async function releaseAll(held: readonly HeldFile[]): Promise<void> {
  for (const { path, lock } of held) {
    await unlinkFile(filePath(path)).catch(() => false);
    await lock.release();
  }
}

interface HeldFile {
  readonly path: ByteString;
  readonly lock: FileLock;
}

class TransferInformation {
  readonly path: ByteString;
  readonly #start: string;
  readonly #associatedFile: ByteString;
  #writing: Promise<void> | undefined;

  constructor(path: ByteString, transfer: Transfer) {
    this.path = path;
    this.#start = `${(transfer.startMs / 1000).toFixed(6).replace(/\.?0+$/, '')}s`;
    this.#associatedFile = transfer.associatedFile ?? '';
  }

  async write(bytesComplete: number): Promise<void> {
    const text = `${this.#start}${bytesComplete > 0 ? ` ${bytesComplete}` : ''}\n${this.#associatedFile}`;
    await writeFile(filePath(this.path), text, 'latin1');
  }

  update(bytesComplete: number): void {
    this.#writing ??= this.write(bytesComplete)
      .catch(() => undefined)
      .finally(() => {
        this.#writing = undefined;
      });
  }

  async delete(): Promise<void> {
    await this.#writing;
    await unlinkFile(filePath(this.path)).catch(() => false);
  }
}

const maxAttempts = 5;
