/** Sums of a plan: what each repository would get and drop, and the keys that something is to be said of. */

import { keySizeBytes, type Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { PlannedKey } from './plan-table.ts';

/** A key of unknown size counts no bytes. */
export interface KeysAndBytes {
  readonly keys: number;
  readonly bytes: bigint;
}

export class PlanTotals {
  readonly #get = new Sums<UUID>();
  readonly #drop = new Sums<UUID>();
  readonly #noted = new Sums<'all' | 'short' | 'missing' | 'kept'>();

  /** Counts a key, in place of what was planned for it before. */
  replace(key: Key, before: PlannedKey | undefined, after: PlannedKey): void {
    if (before !== undefined) this.#count(key, before, -1);
    this.#count(key, after, 1);
  }

  get(uuid: UUID): KeysAndBytes {
    return this.#get.of(uuid);
  }

  drop(uuid: UUID): KeysAndBytes {
    return this.#drop.of(uuid);
  }

  noted(what: 'all' | 'short' | 'missing' | 'kept'): KeysAndBytes {
    return this.#noted.of(what);
  }

  /** Bytes that come to a repository and do not leave it; may be negative. */
  growth(uuid: UUID): bigint {
    return this.#get.of(uuid).bytes - this.#drop.of(uuid).bytes;
  }

  #count(key: Key, { drop, get, isKept, isMissing, isShort }: PlannedKey, keys: 1 | -1): void {
    const bytes = BigInt(keySizeBytes(key) ?? 0) * BigInt(keys);
    for (const uuid of get) this.#get.add(uuid, { keys, bytes });
    for (const uuid of drop) this.#drop.add(uuid, { keys, bytes });
    this.#noted.add('all', { keys, bytes });
    if (isShort) this.#noted.add('short', { keys, bytes });
    if (isMissing) this.#noted.add('missing', { keys, bytes });
    if (isKept) this.#noted.add('kept', { keys, bytes });
  }
}

class Sums<Name> {
  readonly #sums = new Map<Name, { keys: number; bytes: bigint }>();

  add(name: Name, { keys, bytes }: KeysAndBytes): void {
    const sum = this.#sums.get(name);
    if (sum === undefined) this.#sums.set(name, { keys, bytes });
    else {
      sum.keys += keys;
      sum.bytes += bytes;
    }
  }

  of(name: Name): KeysAndBytes {
    return this.#sums.get(name) ?? { keys: 0, bytes: 0n };
  }
}
