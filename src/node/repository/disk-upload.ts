/**
 * An upload into a repository on this disk: from `store` to the answer. It holds the key's transfer locks and a share of
 * the free space, and gives both back whichever way it ends. Stored is said only after the content was verified,
 * flushed, put in its place with its directories flushed, and logged present.
 */

import type { LocationLog } from '../../gateway/location-log.ts';
import type { ContentDigest, Stored, Upload, Validity } from '../../remote/remote.ts';
import { AnnexError, toAnnexError } from '../../types/annex-error.ts';
import type { Key } from '../../types/key.ts';
import type { AnnexRepository } from './annex-repository.ts';
import type { ContentLocks } from './content-locks.ts';
import type { SpaceReservation } from './disk-space.ts';
import { filePath, isAbsent, unlinkFile } from './file-system.ts';
import { installObject } from './install-object.ts';
import { objectLocation } from './object-location.ts';
import type { PartialFile } from './partial-file.ts';
import type { TransferLock } from './transfer-lock.ts';

export interface DiskUploadParts {
  readonly repository: AnnexRepository;
  readonly locks: ContentLocks;
  readonly locationLog: LocationLog;
  readonly key: Key;
  /** The size of the content; undefined where the key does not say. */
  readonly sizeBytes: number | undefined;
  readonly file: PartialFile;
  readonly transfer: TransferLock;
  readonly space: SpaceReservation;
  /** The caller's digest, where the upload begins at offset 0; undefined where the file hashes for itself. */
  readonly sharedDigest: ContentDigest | undefined;
  /** Whether a hash can tell the content. */
  readonly isVerifiable: boolean;
  readonly signal: AbortSignal;
  /** Called once, when everything is given back. */
  readonly ended: () => void;
}

export class DiskUpload implements Upload {
  readonly type = 'upload';
  readonly offset: number;
  readonly #parts: DiskUploadParts;
  readonly #aborted = (): void => void this.abort();
  #busy: Promise<unknown> | undefined;
  /** While a chunk is being taken: where it begins. Its sender may overwrite it once the upload is aborted. */
  #tornAt: number | undefined;
  #ending: Promise<void> | undefined;
  #isOver = false;

  constructor(parts: DiskUploadParts) {
    this.#parts = parts;
    this.offset = parts.file.offset;
    parts.signal.addEventListener('abort', this.#aborted, { once: true });
    if (parts.signal.aborted) this.#aborted();
  }

  /** The key says how long its content is, or any length will do. */
  announce(): void {}

  async send(chunk: Uint8Array): Promise<void> {
    this.#throwIfOver();
    this.#tornAt = this.#parts.file.sizeBytes;
    const receiving = this.#receive(chunk);
    this.#busy = receiving;
    try {
      await receiving;
      this.#tornAt = undefined;
    } catch (caught) {
      await this.#end();
      this.#parts.signal.throwIfAborted();
      throw toAnnexError(caught, `receiving content of ${this.#parts.key}`);
    }
    // Aborted meanwhile: what came is kept, and no more is taken.
    this.#throwIfOver();
  }

  async finish(validity: Validity): Promise<Stored> {
    return await this.#conclude(async () => {
      const reason = await this.#verify(validity);
      return reason === undefined ? await this.#install() : notStored(reason);
    });
  }

  async dataPresent(): Promise<Stored> {
    return await this.#conclude(async () => await this.#logIfPresent());
  }

  async abort(): Promise<void> {
    await this.#end();
  }

  async #receive(chunk: Uint8Array): Promise<void> {
    const { file, sizeBytes, key } = this.#parts;
    const expected = sizeBytes === undefined ? undefined : sizeBytes - file.sizeBytes;
    if (expected !== undefined && chunk.length > expected) {
      // What came before is no better than what is too much.
      await file.cutBack(this.offset);
      throw new AnnexError('protocol', `more data than the ${sizeBytes} bytes of ${key}`);
    }
    await file.write(chunk, expected);
  }

  /** Undefined where the content is right, flushed, and may be put in place. */
  async #verify(validity: Validity): Promise<string | undefined> {
    const { file, key, sizeBytes, sharedDigest, isVerifiable } = this.#parts;
    if (validity === 'invalid' && file.sizeBytes === this.offset) return `no content of ${key} was sent`;
    await file.drain();
    if (sizeBytes !== undefined && file.sizeBytes !== sizeBytes) {
      if (validity === 'invalid') await file.cutBack(this.offset);
      return `content of ${key} is not complete: ${file.sizeBytes} of ${sizeBytes} bytes`;
    }
    if (isVerifiable) {
      if (!(sharedDigest?.matches() ?? (await file.matches()))) {
        await unlinkFile(filePath(file.path));
        return `verification of content failed: ${key}`;
      }
    } else if (validity === 'invalid') {
      await file.cutBack(this.offset);
      return `content of ${key} changed while it was sent, and cannot be verified`;
    }
    await file.flush();
    return undefined;
  }

  async #install(): Promise<Stored> {
    const { repository, locks, key, file } = this.#parts;
    const lock = await installObject(repository, locks, objectLocation(repository.layout, key), file.path);
    if (lock === undefined) return notStored(`content of ${key} is being removed, try again`);
    try {
      return await this.#logPresent();
    } finally {
      await lock.release();
    }
  }

  async #logIfPresent(): Promise<Stored> {
    const { repository, locks, key } = this.#parts;
    const location = await repository.findObject(key);
    if (location === undefined) return notStored(`content of ${key} is not present`);
    const lock = await locks.lockShared(location).catch((caught: unknown) => {
      if (isAbsent(caught)) return undefined;
      throw caught;
    });
    if (lock === undefined) return notStored(`content of ${key} is being removed`);
    try {
      if (!(await repository.hasObject(location))) return notStored(`content of ${key} is not present`);
      return await this.#logPresent();
    } finally {
      await lock.release();
    }
  }

  async #logPresent(): Promise<Stored> {
    const { repository, locationLog, key } = this.#parts;
    await locationLog.logChange(key, { present: [repository.uuid], missing: [] });
    return { stored: true, plusUUIDs: [] };
  }

  /** Ends the upload with an answer. Once begun it goes on though the client leaves: all bytes are here. */
  async #conclude(body: () => Promise<Stored>): Promise<Stored> {
    this.#throwIfOver();
    this.#isOver = true;
    const concluding = body();
    this.#busy = concluding;
    try {
      return await concluding;
    } catch (caught) {
      throw toAnnexError(caught, `storing content of ${this.#parts.key}`);
    } finally {
      await this.#end();
    }
  }

  #throwIfOver(): void {
    if (!this.#isOver) return;
    this.#parts.signal.throwIfAborted();
    throw new AnnexError('invariant', `the upload of ${this.#parts.key} is over`);
  }

  #end(): Promise<void> {
    this.#isOver = true;
    this.#ending ??= this.#release();
    return this.#ending;
  }

  async #release(): Promise<void> {
    const { file, transfer, space, signal } = this.#parts;
    const tornAt = this.#tornAt;
    await this.#busy?.catch(() => undefined);
    signal.removeEventListener('abort', this.#aborted);
    if (tornAt !== undefined) {
      await file.cutBack(tornAt).catch(async () => await unlinkFile(filePath(file.path)).catch(() => false));
    }
    await file.close();
    space.release();
    await transfer.release();
    this.#parts.ended();
  }
}

function notStored(reason: string): Stored {
  return { stored: false, reason, plusUUIDs: [] };
}
