/**
 * What was planned for keys so far, so that a key of several files counts once: some sixty bytes a key, however long its
 * name is.
 *
 * Keys are told apart by 48 bits of a hash. Among a million keys two are taken for one with a chance of 1 in 500, which
 * makes the totals wrong by one key.
 */

import { createHash } from 'node:crypto';
import type { KeyPlan } from '../../preferred-content/plan-key.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';

export interface PlannedKey extends KeyPlan {
  /** Fewer copies than numcopies asks for would be left. */
  readonly isShort: boolean;
  /** Some repository wants it, and none has it. */
  readonly isMissing: boolean;
  /** Some repository does not want it and keeps it for numcopies. */
  readonly isKept: boolean;
}

export class PlanTable {
  readonly #candidates: readonly UUID[];
  /** By hash, which combination it is. */
  readonly #plans = new Map<number, number>();
  /** Many keys share few of them. */
  readonly #combinations: PlannedKey[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(candidates: readonly UUID[]) {
    this.#candidates = candidates;
  }

  get(key: Key): PlannedKey | undefined {
    const number = this.#plans.get(hashOf(key));
    return number === undefined ? undefined : this.#combinations[number];
  }

  set(key: Key, planned: PlannedKey): void {
    const { drop, get, isKept, isMissing, isShort } = planned;
    const flags = [isShort, isMissing, isKept].map(Number);
    const moves = this.#candidates.map((uuid) => (get.has(uuid) ? 'g' : drop.has(uuid) ? 'd' : '-'));
    const text = [...flags, ...moves].join('');
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#combinations.length;
      this.#combinations.push(planned);
      this.#numbers.set(text, number);
    }
    this.#plans.set(hashOf(key), number);
  }
}

function hashOf(key: Key): number {
  return createHash('sha1').update(key, 'latin1').digest().readUIntBE(0, 6);
}
