/** How much each repository has: sums over keys, exact however large. */

import type { UUID } from '../../types/uuid.ts';

export interface Amount {
  readonly keys: number;
  /** Keys that do not tell their size; they count 0 bytes. */
  readonly unsized: number;
  readonly bytes: bigint;
}

export const noAmount: Amount = { keys: 0, unsized: 0, bytes: 0n };

/** With a key more, or less. `sizeBytes` undefined where the key does not tell. */
export function addKey(
  { keys, unsized, bytes }: Amount,
  sizeBytes: number | undefined,
  by: 1 | -1 = 1,
): Amount {
  return {
    keys: keys + by,
    unsized: unsized + (sizeBytes === undefined ? by : 0),
    bytes: bytes + BigInt((sizeBytes ?? 0) * by),
  };
}

export class Amounts {
  readonly #amounts: Map<UUID, Amount>;

  constructor(amounts: Iterable<readonly [UUID, Amount]> = []) {
    this.#amounts = new Map(amounts);
  }

  /** Undefined for a repository that never had a key. */
  get(uuid: UUID): Amount | undefined {
    return this.#amounts.get(uuid);
  }

  entries(): Iterable<[UUID, Amount]> {
    return this.#amounts.entries();
  }

  /** Counts a key in, or out again. `sizeBytes` undefined where the key does not tell. */
  count(uuid: UUID, sizeBytes: number | undefined, by: 1 | -1): void {
    this.#amounts.set(uuid, addKey(this.#amounts.get(uuid) ?? noAmount, sizeBytes, by));
  }
}

/** Sums by the numbers that a UUIDTable gives, for millions of keys. */
export class NumberedAmounts {
  readonly #keys: number[] = [];
  readonly #unsized: number[] = [];
  /** Bytes that are not in `#bytes` yet, below 2^52. */
  readonly #pending: number[] = [];
  readonly #bytes: bigint[] = [];

  /** Counts a key in; `sizeBytes` negative where it does not tell. */
  add(number: number, sizeBytes: number): void {
    while (this.#keys.length <= number) {
      this.#keys.push(0);
      this.#unsized.push(0);
      this.#pending.push(0);
      this.#bytes.push(0n);
    }
    this.#keys[number] = (this.#keys[number] ?? 0) + 1;
    if (sizeBytes < 0) this.#unsized[number] = (this.#unsized[number] ?? 0) + 1;
    else this.#addBytes(number, sizeBytes);
  }

  get(number: number): Amount {
    return {
      keys: this.#keys[number] ?? 0,
      unsized: this.#unsized[number] ?? 0,
      bytes: (this.#bytes[number] ?? 0n) + BigInt(this.#pending[number] ?? 0),
    };
  }

  #addBytes(number: number, sizeBytes: number): void {
    const pending = this.#pending[number] ?? 0;
    if (sizeBytes < exactBytes && pending + sizeBytes < exactBytes) {
      this.#pending[number] = pending + sizeBytes;
      return;
    }
    this.#bytes[number] = (this.#bytes[number] ?? 0n) + BigInt(pending) + BigInt(sizeBytes);
    this.#pending[number] = 0;
  }
}

/** Two numbers below it have an exact sum. */
const exactBytes = 2 ** 52;
