/** LiveSizes in memory, for the simulator and tests: it is told which keys are where. */

import { keySizeBytes, type Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { LiveSizes, Reservation, SizeLedger } from './live-sizes.ts';
import { newReservation, Reservations } from './reservations.ts';

export class MemorySizes implements LiveSizes, SizeLedger {
  readonly #sizes: Map<UUID, bigint>;
  readonly #keys = new Map<UUID, Set<Key>>();
  readonly #reservations = new Reservations();

  /** @param sizes Bytes that each known repository begins with, beside the keys that are told of. */
  constructor(sizes: Iterable<readonly [UUID, bigint]> = []) {
    this.#sizes = new Map(sizes);
  }

  /** The location log says that the repository has the key now, or has it no more. */
  setPresent(key: Key, uuid: UUID, isPresent: boolean): void {
    const keys = this.#keys.get(uuid) ?? new Set<Key>();
    this.#keys.set(uuid, keys);
    if (keys.has(key) === isPresent) return;
    if (isPresent) keys.add(key);
    else keys.delete(key);
    const bytes = BigInt(keySizeBytes(key) ?? 0);
    this.#sizes.set(uuid, (this.#sizes.get(uuid) ?? 0n) + (isPresent ? bytes : -bytes));
    this.#reservations.setLogged(key, uuid, isPresent);
  }

  sizeOf(uuid: UUID): bigint | undefined {
    const size = this.#sizes.get(uuid);
    return size === undefined ? undefined : size + this.#reservations.bytesAt(uuid);
  }

  reserve(key: Key, uuids: Iterable<UUID>): Reservation {
    const places = [...uuids];
    for (const uuid of places) {
      this.#reservations.add(key, uuid, this.#keys.get(uuid)?.has(key) ?? false);
    }
    return newReservation(places, (uuid) => this.#reservations.remove(key, uuid));
  }

  async exclusively<Result>(
    judge: (sizes: SizeLedger) => Result,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Result> {
    await Promise.resolve();
    signal?.throwIfAborted();
    return judge(this);
  }
}
