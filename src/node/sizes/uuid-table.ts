/**
 * UUIDs by small numbers, found from the bytes of a log without making a string of them. As large as there are
 * repositories.
 */

import { isClusterUUID } from '../../types/cluster-uuid.ts';
import type { UUID } from '../../types/uuid.ts';

export class UUIDTable {
  readonly #uuids: UUID[] = [];
  readonly #bytes: Buffer[] = [];
  /** Of UUIDs with one hash, the next one's number; -1 at the end. */
  readonly #next: number[] = [];
  readonly #isCluster: boolean[] = [];
  #heads: Int32Array = new Int32Array(256).fill(-1);

  get size(): number {
    return this.#uuids.length;
  }

  uuid(number: number): UUID {
    const uuid = this.#uuids[number];
    if (uuid === undefined) throw new RangeError(`no UUID has the number ${number}`);
    return uuid;
  }

  isCluster(number: number): boolean {
    return this.#isCluster[number] === true;
  }

  /** The number of the UUID that stands at `start` to `end`; the caller has checked that it is one. */
  numberAt(source: Buffer, start: number, end: number): number {
    const hash = hashOf(source, start, end);
    let number = this.#heads[hash & (this.#heads.length - 1)] ?? -1;
    while (number !== -1) {
      if (isSame(this.#bytes[number], source, start, end)) return number;
      number = this.#next[number] ?? -1;
    }
    return this.#add(source.toString('latin1', start, end) as UUID);
  }

  numberOf(uuid: UUID): number {
    return this.numberAt(Buffer.from(uuid, 'latin1'), 0, uuid.length);
  }

  #add(uuid: UUID): number {
    const number = this.#uuids.length;
    this.#uuids.push(uuid);
    this.#bytes.push(Buffer.from(uuid, 'latin1'));
    this.#isCluster.push(isClusterUUID(uuid));
    this.#next.push(-1);
    if (number >= this.#heads.length) {
      this.#heads = new Int32Array(this.#heads.length * 4).fill(-1);
      for (let each = 0; each <= number; each++) this.#link(each);
    } else this.#link(number);
    return number;
  }

  #link(number: number): void {
    const bytes = this.#bytes[number];
    if (bytes === undefined) return;
    const slot = hashOf(bytes, 0, bytes.length) & (this.#heads.length - 1);
    this.#next[number] = this.#heads[slot] ?? -1;
    this.#heads[slot] = number;
  }
}

/** Random digits are the same at either end of nearly every UUID; all of them count all the same. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
  return hash ^ (hash >>> 15);
}

function isSame(known: Buffer | undefined, source: Buffer, start: number, end: number): boolean {
  if (known === undefined || known.length !== end - start) return false;
  for (let at = 0; at < known.length; at++) if (known[at] !== source[start + at]) return false;
  return true;
}
