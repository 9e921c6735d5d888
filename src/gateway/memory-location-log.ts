/** A LocationLog in memory, for tests and the simulator. Holds no clusters and no dead repositories. */

import { isClusterUUID } from '../types/cluster-uuid.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { LocationLog } from './location-log.ts';

export class MemoryLocationLog implements LocationLog {
  readonly #locations = new Map<Key, Set<UUID>>();

  locations(key: Key): Promise<readonly UUID[]> {
    return Promise.resolve([...(this.#locations.get(key) ?? [])]);
  }

  async logChange(
    key: Key,
    { present, missing }: { readonly present: readonly UUID[]; readonly missing: readonly UUID[] },
  ): Promise<void> {
    await Promise.resolve();
    const locations = this.#locations.get(key) ?? new Set();
    this.#locations.set(key, locations);
    for (const uuid of present) if (!isClusterUUID(uuid)) locations.add(uuid);
    for (const uuid of missing) locations.delete(uuid);
  }
}
