/**
 * Room on a disk: what is free, less annex.diskreserve, less what the uploads that are running will still write. Uploads
 * of all repositories of this process on one file system count together, so that a fan-out to nodes that share a disk
 * does not promise the same room three times.
 */

import type { ByteString } from '../../util/byte-string.ts';
import { filePath, statFile, statFileSystem } from './file-system.ts';

export interface SpaceReservation {
  /** So many of the reserved bytes are on the disk now. */
  wrote(bytes: number): void;
  /** Calling it again does nothing. */
  release(): void;
}

export interface SpaceRequest {
  /** A directory on the disk. */
  readonly directory: ByteString;
  /** Bytes to be written; undefined where nobody knows. */
  readonly sizeBytes: number | undefined;
  /** annex.diskreserve, in bytes. */
  readonly reserveBytes: number;
}

/** Reserves room. A number says how many bytes are missing. */
export async function reserveSpace(request: SpaceRequest): Promise<SpaceReservation | number> {
  const { directory, sizeBytes = 0, reserveBytes } = request;
  const path = filePath(directory);
  const device = (await statFile(path, { bigint: true })).dev;
  const { bavail, bsize } = await statFileSystem(path, { bigint: true });
  // Nothing is awaited from here on, so two uploads cannot both get the last room.
  const missing = reserveBytes + sizeBytes + (reserved.get(device) ?? 0) - Number(bavail * bsize);
  if (missing > 0) return missing;
  return new Reservation(device, sizeBytes);
}

class Reservation implements SpaceReservation {
  readonly #device: bigint;
  #left = 0;

  constructor(device: bigint, sizeBytes: number) {
    this.#device = device;
    this.#change(sizeBytes);
  }

  wrote(bytes: number): void {
    this.#change(-Math.min(bytes, this.#left));
  }

  release(): void {
    this.#change(-this.#left);
  }

  #change(by: number): void {
    this.#left += by;
    const total = (reserved.get(this.#device) ?? 0) + by;
    if (total > 0) reserved.set(this.#device, total);
    else reserved.delete(this.#device);
  }
}

/** Bytes still to be written, by device. Of the process and not of one repository, since the disk is. */
const reserved = new Map<bigint, number>();
