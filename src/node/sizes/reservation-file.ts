/**
 * The reservations of one process, for the others to read: lines that are only ever added to, so that a release needs no
 * lock. They count while the process holds a lock on the file, which ends with the process however that ends.
 *
 *     {"id":1,"key":"SHA256E-s12--…","uuids":["468a6a9f-…","0af5ae83-…"]} LF
 *     {"id":1,"released":"468a6a9f-…"} LF
 *
 * Files are made, read, rewritten and removed only under the lock of the directory; a release is added at any time, and
 * counts once its line has its end.
 */

import { closeSync, ftruncateSync, openSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { parseKey, type Key } from '../../types/key.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import { uniqueName } from '../branch/annex-files.ts';
import { lockFile, type FileLock } from '../lock/file-lock.ts';
import type { SharedFiles } from '../repository/shared-files.ts';

/** Room that is held for a key at repositories. */
export interface HeldRoom {
  readonly id: number;
  readonly key: Key;
  readonly uuids: ReadonlySet<UUID>;
}

export class ReservationFile {
  readonly #path: string;
  readonly #lock: FileLock;
  #descriptor: number;
  #sizeBytes = 0;
  /** Whether it may say something else than what is held; so it is of a new file. */
  #isUntidy = true;

  private constructor(path: string, lock: FileLock, descriptor: number) {
    this.#path = path;
    this.#lock = lock;
    this.#descriptor = descriptor;
  }

  /** A new file in the directory. */
  static async create(directory: string, files: SharedFiles): Promise<ReservationFile> {
    const path = `${directory}/${uniqueName()}`;
    const lock = await lockFile(path, { mode: 'exclusive', create: 0o666 });
    try {
      await files.share(path);
      return new ReservationFile(path, lock, openSync(path, 'a'));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get path(): string {
    return this.#path;
  }

  /** False where someone took the file away: then nobody sees what it says. */
  get isThere(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false }) !== undefined;
  }

  /** Whether the file says something that is wrong or of no use by now. */
  get needsRewrite(): boolean {
    return this.#isUntidy || this.#sizeBytes > maxBytes;
  }

  /** Makes the file say what is held and nothing else. The caller holds the directory's lock. Throws Node's errors. */
  rewrite(all: Iterable<HeldRoom>): void {
    ftruncateSync(this.#descriptor);
    this.#sizeBytes = 0;
    this.#add([...all].map(formatHeld).join(''));
  }

  /** The caller holds the directory's lock. Throws Node's errors; the room is not held then. */
  hold(room: HeldRoom): void {
    this.#add(formatHeld(room));
  }

  /** Never throws: what cannot be told keeps its room until the file is next rewritten, or the process ends. */
  release(id: number, uuid: UUID): void {
    try {
      this.#add(`${JSON.stringify({ id, released: uuid })}\n`);
    } catch {
      this.#isUntidy = true;
    }
  }

  async close(): Promise<void> {
    closeSync(this.#descriptor);
    this.#descriptor = -1;
    try {
      unlinkSync(this.#path);
    } catch {
      // Someone else took it away.
    }
    await this.#lock.release();
  }

  #add(lines: string): void {
    const bytes = Buffer.from(lines, 'latin1');
    // Stays so where the disk is full and the lines are cut short.
    const wasUntidy = this.#isUntidy && this.#sizeBytes > 0;
    this.#isUntidy = true;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    this.#sizeBytes += bytes.length;
    this.#isUntidy = wasUntidy;
  }
}

/** What the lines of a file hold; a line that makes no sense, or has no end, says nothing. */
export function parseReservations(content: string): ReadonlyMap<number, HeldRoom> {
  const held = new Map<number, { id: number; key: Key; uuids: Set<UUID> }>();
  for (const line of content.split('\n').slice(0, -1)) {
    const { id, key: keyText, uuids, released } = parseLine(line);
    if (id === undefined) continue;
    const key = keyText === undefined ? undefined : parseKey(keyText);
    if (key !== undefined)
      held.set(id, { id, key, uuids: new Set(uuids?.flatMap((uuid) => parseUUID(uuid) ?? [])) });
    const room = held.get(id);
    if (released === undefined || room === undefined) continue;
    room.uuids.delete(released as UUID);
    if (room.uuids.size === 0) held.delete(id);
  }
  return held;
}

interface Line {
  readonly id?: number;
  readonly key?: string;
  readonly uuids?: readonly string[];
  readonly released?: string;
}

function parseLine(line: string): Line {
  try {
    return (JSON.parse(line) ?? {}) as Line;
  } catch {
    return {};
  }
}

function formatHeld({ id, key, uuids }: HeldRoom): string {
  return `${JSON.stringify({ id, key, uuids: [...uuids] })}\n`;
}

const maxBytes = 256 * 1024;
