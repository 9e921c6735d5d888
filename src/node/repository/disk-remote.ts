/**
 * A git-annex repository on this disk as a Remote: what git-annex's own P2P server does for the repository it runs in
 * (design/p2p_protocol), with the same locks and files, so that git-annex may be at work in it at the same time.
 *
 * The keys database (sqlite) and the files of the work tree are git-annex's alone and are never touched: an unlocked file
 * whose content arrives stays a pointer file until `git annex fsck` or `git annex smudge --update` fills it, and one whose
 * content is removed keeps what it has until git-annex next looks. Both are states that git-annex mends by itself.
 */

import type { LocationLog } from '../../gateway/location-log.ts';
import { isLoggable } from '../../logs/branch-path.ts';
import type {
  AlreadyHave,
  Content,
  ContentLock,
  Context,
  DigestFactory,
  NotLocked,
  Refused,
  Remote,
  RemoteTraits,
  RemoveOptions,
  Removed,
  RetrieveOptions,
  StoreAnswer,
  StoreOptions,
  Upload,
} from '../../remote/remote.ts';
import { AnnexError, toAnnexError } from '../../types/annex-error.ts';
import { backendOf } from '../../types/backend.ts';
import type { EventSink } from '../../types/event.ts';
import { keyFile } from '../../types/key-file.ts';
import { keyFields, type Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { Clock } from '../../util/clock.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { AnnexRepository } from './annex-repository.ts';
import { BufferPool } from './buffer-pool.ts';
import { ContentLocks } from './content-locks.ts';
import { readContent } from './disk-content.ts';
import { reserveSpace } from './disk-space.ts';
import { DiskUpload } from './disk-upload.ts';
import {
  closeFile,
  filePath,
  isAbsent,
  openDirectly,
  openFile,
  openObjectFlags,
  statOpenFile,
} from './file-system.ts';
import { contentSizeBytes, isVerifiable } from './intact-objects.ts';
import {
  maxKeyFileBytes,
  objectLocation,
  otherObjectLocation,
  type ObjectLocation,
} from './object-location.ts';
import { PartialFile } from './partial-file.ts';
import { removeObject } from './remove-object.ts';
import { ShownUpload } from './shown-upload.ts';
import { lockDownload, type Transfer, type TransferLock } from './transfer-lock.ts';

export interface DiskRemoteOptions {
  readonly repository: GitRepository;
  /** The UUID that the repository is expected to have. */
  readonly uuid: UUID;
  readonly digestFactory: DigestFactory;
  /** The location log of this very repository. */
  readonly locationLog: LocationLog;
  readonly clock: Clock;
  /** How long a content lock holds unless it is extended; ten minutes unless told. */
  readonly lockMs?: number | undefined;
  readonly events: EventSink;
  /** Shared by all repositories of the process; one of its own by default. */
  readonly bufferPool?: BufferPool | undefined;
}

/**
 * Opens a repository as a Remote. Throws AnnexError('config') where it is no git-annex repository, is of a version or with
 * a setting that Annexus must not touch, or has another UUID.
 */
export async function openDiskRemote(options: DiskRemoteOptions): Promise<DiskRemote> {
  const { digestFactory, clock, bufferPool = new BufferPool() } = options;
  const repository = await AnnexRepository.open(options.repository, {
    digestFactory,
    clock,
    pool: bufferPool,
  });
  if (repository.uuid !== options.uuid) {
    throw new AnnexError(
      'config',
      `${options.repository.gitDir} was expected to be repository ${options.uuid}, and is ${repository.uuid}`,
    );
  }
  return new DiskRemote(repository, { ...options, bufferPool });
}

export class DiskRemote implements Remote, AsyncDisposable {
  readonly uuid: UUID;
  readonly traits: RemoteTraits = { kind: 'repository', local: true };
  readonly repository: AnnexRepository;
  readonly #options: DiskRemoteOptions;
  readonly #pool: BufferPool;
  readonly #locks: ContentLocks;
  readonly #uploads = new Set<DiskUpload>();

  constructor(repository: AnnexRepository, options: DiskRemoteOptions) {
    this.repository = repository;
    this.uuid = repository.uuid;
    this.#options = options;
    this.#pool = options.bufferPool ?? new BufferPool();
    this.#locks = new ContentLocks(repository, options);
  }

  async checkPresent(key: Key, context: Context): Promise<boolean> {
    if (this.repository.showsObject(key)) return true;
    context.signal.throwIfAborted();
    return (await this.repository.findObject(key)) !== undefined;
  }

  async lockContent(key: Key, context: Context): Promise<ContentLock | NotLocked> {
    context.signal.throwIfAborted();
    const location = await this.repository.findObject(key);
    if (location === undefined) return { locked: false, reason: `content of ${key} is not present` };
    return await this.#locks.lock(location);
  }

  async retrieve(key: Key, options: RetrieveOptions, context: Context): Promise<Content | undefined> {
    context.signal.throwIfAborted();
    const { layout } = this.repository;
    const found = await this.#retrieveFrom(objectLocation(layout, key), options, context);
    if (found !== undefined) return found;
    const other = otherObjectLocation(layout, key);
    return other === undefined ? undefined : await this.#retrieveFrom(other, options, context);
  }

  async store(key: Key, options: StoreOptions, context: Context): Promise<StoreAnswer> {
    context.signal.throwIfAborted();
    const fields = keyFields(key);
    const nameBytes = keyFile(key).length;
    if (nameBytes > maxKeyFileBytes) {
      return refused(
        'unavailable',
        `the name of ${key} has ${nameBytes} bytes, of ${maxKeyFileBytes} that a file can have`,
      );
    }
    if (!isLoggable(key))
      return refused('unavailable', `the name of ${key} is longer than one that can be logged`);
    const present = await this.repository.findObject(key);
    if (present !== undefined) return await this.#alreadyHave(present);
    const { isSecureHashesOnly } = await this.repository.settings();
    if (isSecureHashesOnly && !backendOf(fields.variety).cryptographicallySecure) {
      return refused('access', `${fields.variety} is no secure hash, and annex.securehashesonly is set`);
    }
    try {
      return await this.#beginUpload(key, options, context);
    } catch (caught) {
      context.signal.throwIfAborted();
      throw toAnnexError(caught, `beginning to receive ${key}`);
    }
  }

  async remove(key: Key, options: RemoveOptions, context: Context): Promise<Removed> {
    context.signal.throwIfAborted();
    const { locationLog, clock, events } = this.#options;
    const tools = { repository: this.repository, locks: this.#locks, locationLog, clock, events };
    return await removeObject(tools, key, options.before);
  }

  async timestamp(_context: Context): Promise<number> {
    return await Promise.resolve(Math.floor(this.#options.clock.monotonicSeconds()));
  }

  /** Ends the uploads, keeping what they received. Content locks hold until their time is over. */
  async close(): Promise<void> {
    await Promise.all([...this.#uploads].map(async (upload) => await upload.abort()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #retrieveFrom(
    location: ObjectLocation,
    options: RetrieveOptions,
    context: Context,
  ): Promise<Content | undefined> {
    const { key } = location;
    const { clock } = this.#options;
    const { prompt } = this.repository;
    let descriptor: number;
    try {
      const path = filePath(location.object);
      descriptor = await prompt.run(
        () => openDirectly(path, openObjectFlags),
        () => openFile(path, openObjectFlags),
      );
    } catch (caught) {
      if (isAbsent(caught)) return undefined;
      throw toAnnexError(caught, `opening content of ${key}`);
    }
    let isTaken = false;
    try {
      const stats = statOpenFile(descriptor);
      const { intact } = this.repository;
      const stable = intact.isLocked(stats);
      // From the beginning on, it can be judged while it is sent.
      const isJudgedLater = stable || (options.offset === 0 && isVerifiable(key));
      if (!isJudgedLater || !hasContentSize(key, stats.size)) {
        if (!(await this.repository.isIntact(location, stats))) return undefined;
      }
      isTaken = true;
      return await readContent({
        key,
        descriptor,
        path: location.object,
        stats,
        stable,
        signal: context.signal,
        offset: options.offset,
        prompt,
        pool: this.#pool,
        makeDigest: () => (isVerifiable(key) ? this.#options.digestFactory(key) : undefined),
        judged: (isIntact) => intact.remember(location, stats, isIntact),
        show: () => new ShownUpload(this.repository, transferOf(key, context, clock), clock),
      });
    } finally {
      if (!isTaken) await closeFile(descriptor);
    }
  }

  async #beginUpload(
    key: Key,
    options: StoreOptions,
    context: Context,
  ): Promise<Refused | AlreadyHave | Upload> {
    const transfer = await this.#lockTransfer(key, context);
    if (transfer === undefined) return refused('busy', `${key} is being received already, try again later`);
    let isTaken = false;
    try {
      // The one who had the lock before may have stored it.
      const present = await this.repository.findObject(key);
      if (present !== undefined) return await this.#alreadyHave(present);
      const answer = await this.#receive(key, options, { transfer, signal: context.signal });
      isTaken = answer.type === 'upload';
      return answer;
    } finally {
      if (!isTaken) await transfer.release();
    }
  }

  /**
   * Who asks for an offset, or has just hung up, holds the lock for a moment only: that is waited out, or a cluster would
   * leave out a node for it. Undefined where an upload goes on.
   */
  async #lockTransfer(key: Key, context: Context): Promise<TransferLock | undefined> {
    const giveUpMs = performance.now() + busyWaitMs;
    for (;;) {
      const transfer = transferOf(key, context, this.#options.clock);
      const lock = await lockDownload(this.repository, transfer);
      if (lock !== undefined || performance.now() >= giveUpMs) return lock;
      await new Promise((resolve) => setTimeout(resolve, busyPauseMs));
      context.signal.throwIfAborted();
    }
  }

  async #receive(
    key: Key,
    options: StoreOptions,
    { transfer, signal }: Receiving,
  ): Promise<Refused | Upload> {
    const sizeBytes = contentSizeBytes(key);
    const canVerify = isVerifiable(key);
    const progress = new Progress(transfer);
    const path = this.repository.partialPath(key);
    await this.repository.makeDirectories(path.slice(0, path.lastIndexOf('/')));
    const file = await PartialFile.open(path, sizeBytes, {
      pool: this.#pool,
      makeDigest: (offset) =>
        canVerify && (offset > 0 || options.digest === undefined)
          ? this.#options.digestFactory(key)
          : undefined,
      wrote: (bytes) => progress.wrote(bytes),
      mayWriteDirectly: canVerify,
    });
    try {
      const { diskReserveBytes } = await this.repository.settings();
      const space = await reserveSpace({
        directory: this.repository.annexDirectory,
        sizeBytes: sizeBytes === undefined ? undefined : sizeBytes - file.offset,
        reserveBytes: diskReserveBytes,
      });
      if (typeof space === 'number') {
        await file.close();
        return refused(
          'no-space',
          `not enough free space for ${key}: ${space} more bytes needed (annex.diskreserve)`,
        );
      }
      progress.begin(file.offset, space);
      await this.repository.shareFile(path);
      const upload: DiskUpload = new DiskUpload({
        key,
        sizeBytes,
        file,
        transfer,
        space,
        signal,
        repository: this.repository,
        locks: this.#locks,
        locationLog: this.#options.locationLog,
        sharedDigest: file.offset === 0 ? options.digest : undefined,
        isVerifiable: canVerify,
        ended: () => void this.#uploads.delete(upload),
      });
      this.#uploads.add(upload);
      return upload;
    } catch (caught) {
      await file.close();
      throw caught;
    }
  }

  /**
   * Content that a crash kept from being logged is logged now. A removal that is going on is waited out by saying busy,
   * since its log must come last.
   */
  async #alreadyHave(location: ObjectLocation): Promise<AlreadyHave | Refused> {
    const { key } = location;
    const { locationLog } = this.#options;
    const answer: AlreadyHave = { type: 'already-have', plusUUIDs: [] };
    if ((await locationLog.locations(key)).includes(this.uuid)) return answer;
    try {
      const lock = await this.#locks.lockShared(location);
      if (lock === undefined) return refused('busy', `content of ${key} is being removed, try again`);
      try {
        if (!(await this.repository.hasObject(location))) {
          return refused('busy', `content of ${key} was just removed, try again`);
        }
        await locationLog.logChange(key, { present: [this.uuid], missing: [] });
        return answer;
      } finally {
        await lock.release();
      }
    } catch (caught) {
      if (isAbsent(caught)) return refused('busy', `content of ${key} was just removed, try again`);
      throw toAnnexError(caught, `logging the presence of ${key}`);
    }
  }
}

function transferOf(key: Key, { clientUUID, associatedFile }: Context, clock: Clock): Transfer {
  return { key, uuid: clientUUID, associatedFile, startMs: clock.now() };
}

interface Receiving {
  readonly transfer: TransferLock;
  readonly signal: AbortSignal;
}

/** Passes on what was written: to the reservation of space each time, to the transfer's file now and then. */
class Progress {
  readonly #transfer: TransferLock;
  #space: { wrote(bytes: number): void } | undefined;
  #doneBytes = 0;
  #toldBytes = 0;

  constructor(transfer: TransferLock) {
    this.#transfer = transfer;
  }

  begin(offset: number, space: { wrote(bytes: number): void }): void {
    this.#doneBytes = offset;
    this.#toldBytes = offset;
    this.#space = space;
  }

  wrote(bytes: number): void {
    this.#space?.wrote(bytes);
    this.#doneBytes += bytes;
    if (this.#doneBytes - this.#toldBytes < tellEveryBytes) return;
    this.#toldBytes = this.#doneBytes;
    this.#transfer.progress(this.#doneBytes);
  }
}

function hasContentSize(key: Key, sizeBytes: bigint): boolean {
  const expected = contentSizeBytes(key);
  return expected === undefined || BigInt(expected) === sizeBytes;
}

function refused(code: Refused['code'], reason: string): Refused {
  return { type: 'refused', code, reason };
}

const busyWaitMs = 1000;
const busyPauseMs = 20;
const tellEveryBytes = 16 * 1024 * 1024;
