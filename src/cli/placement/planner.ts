/** Plans keys one after another: the sizes of repositories grow and shrink by what was planned before. */

import type { Copies } from '../../node/placement/copies-reader.ts';
import { planKey, type KeyOutcome } from '../../preferred-content/plan-key.ts';
import { PreferredContent } from '../../preferred-content/preferred-content.ts';
import type { Repositories } from '../../preferred-content/repositories.ts';
import type { Subject, SubjectNeed } from '../../preferred-content/subject.ts';
import { keySizeBytes } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import { PlanTable } from './plan-table.ts';
import { PlanTotals } from './plan-totals.ts';

export interface PlannerOptions {
  readonly repositories: Repositories;
  /** Those that are judged, in this order. */
  readonly candidates: readonly UUID[];
  readonly here: UUID;
  /** Those that are to be emptied. */
  readonly leaving: ReadonlySet<UUID>;
}

export class Planner {
  readonly totals: PlanTotals = new PlanTotals();
  readonly content: PreferredContent;
  /** What has to be read of each key. */
  readonly needs: ReadonlySet<SubjectNeed>;
  readonly #options: PlannerOptions;
  readonly #table: PlanTable;
  readonly #growth = new Map<UUID, bigint>();

  constructor(options: PlannerOptions) {
    const { candidates, repositories } = options;
    this.#options = options;
    this.#table = new PlanTable(candidates);
    this.content = new PreferredContent({
      ...repositories,
      sizeOf: (uuid) => {
        const size = repositories.sizeOf(uuid);
        return size === undefined ? undefined : size + (this.#growth.get(uuid) ?? 0n);
      },
    });
    this.needs = new Set([...this.content.needs(candidates), 'locations']);
  }

  /** Plans a key for one of its files. Nothing is waited for, so that no other key comes between. */
  plan(subject: Subject, copies: Copies): KeyOutcome {
    const { key } = subject;
    const { candidates, here, leaving } = this.#options;
    const before = this.#table.get(key);
    const sizeBytes = BigInt(keySizeBytes(key) ?? 0);
    const outcome = planKey(subject, {
      content: this.content,
      candidates,
      dropsLast: here,
      leaving,
      keepCopies: Math.max(copies.numCopies, copies.minCopies),
      before,
      gets: (uuid, isTaken) => this.#grow(uuid, isTaken ? sizeBytes : -sizeBytes),
    });
    for (const uuid of before?.drop ?? []) if (!outcome.drop.has(uuid)) this.#grow(uuid, sizeBytes);
    for (const uuid of outcome.drop) if (before?.drop.has(uuid) !== true) this.#grow(uuid, -sizeBytes);
    const planned = {
      get: outcome.get,
      drop: outcome.drop,
      isShort: outcome.copies < copies.numCopies || before?.isShort === true,
      isMissing: outcome.missing.length > 0 || before?.isMissing === true,
      isKept: outcome.kept.length > 0,
    };
    this.totals.replace(key, before, planned);
    this.#table.set(key, planned);
    return outcome;
  }

  #grow(uuid: UUID, bytes: bigint): void {
    this.#growth.set(uuid, (this.#growth.get(uuid) ?? 0n) + bytes);
  }
}
