/**
 * Room reserved for uploads on their way. Several reservations of one key at one repository count once, and one counts
 * for nothing while the location log has the key there.
 */

import { keySizeBytes, type Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { Reservation } from './live-sizes.ts';

interface Reserved {
  /** How many hold it. */
  count: number;
  /** Whether the location log has the key there. */
  isLogged: boolean;
}

export class Reservations {
  readonly #byUUID = new Map<UUID, Map<Key, Reserved>>();
  readonly #bytes = new Map<UUID, bigint>();

  /** Bytes that are reserved there and not logged. */
  bytesAt(uuid: UUID): bigint {
    return this.#bytes.get(uuid) ?? 0n;
  }

  /** Holds room. `isLogged`: whether the location log has the key there already. */
  add(key: Key, uuid: UUID, isLogged: boolean): void {
    const keys = this.#byUUID.get(uuid) ?? new Map<Key, Reserved>();
    this.#byUUID.set(uuid, keys);
    const reserved = keys.get(key);
    if (reserved !== undefined) {
      reserved.count++;
      return;
    }
    keys.set(key, { count: 1, isLogged });
    if (!isLogged) this.#count(uuid, bytesOf(key));
  }

  remove(key: Key, uuid: UUID): void {
    const keys = this.#byUUID.get(uuid);
    const reserved = keys?.get(key);
    if (keys === undefined || reserved === undefined) return;
    reserved.count--;
    if (reserved.count > 0) return;
    keys.delete(key);
    if (keys.size === 0) this.#byUUID.delete(uuid);
    if (!reserved.isLogged) this.#count(uuid, -bytesOf(key));
  }

  /** Says that the location log has the key there now, or has it no more. */
  setLogged(key: Key, uuid: UUID, isLogged: boolean): void {
    const reserved = this.#byUUID.get(uuid)?.get(key);
    if (reserved === undefined || reserved.isLogged === isLogged) return;
    reserved.isLogged = isLogged;
    this.#count(uuid, isLogged ? -bytesOf(key) : bytesOf(key));
  }

  #count(uuid: UUID, bytes: bigint): void {
    const sum = this.bytesAt(uuid) + bytes;
    if (sum === 0n) this.#bytes.delete(uuid);
    else this.#bytes.set(uuid, sum);
  }
}

/** A Reservation that tells when room is given up. */
export function newReservation(uuids: Iterable<UUID>, released: (uuid: UUID) => void): Reservation {
  const held = new Set(uuids);
  return {
    uuids: held,
    release(uuid) {
      for (const one of uuid === undefined ? [...held] : [uuid]) if (held.delete(one)) released(one);
    },
  };
}

function bytesOf(key: Key): bigint {
  return BigInt(keySizeBytes(key) ?? 0);
}
