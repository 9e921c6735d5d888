/**
 * How full the repositories are that a gateway knows of: what the location logs say, room that is kept for uploads on
 * their way, and the limits of `maxsize.log`. Looked at in the background when somebody asks, some seconds apart, since
 * the first look at a large branch takes long; who asks gets what was found last.
 */

import { parseMaxSizeLog } from '../../logs/max-size-log.ts';
import type { UUID } from '../../types/uuid.ts';
import type { Clock } from '../../util/clock.ts';
import type { OpenAnnex } from '../annex/open-annex.ts';

export interface Fullness {
  readonly usedBytes: bigint;
  /** For uploads on their way, beside what is used. */
  readonly reservedBytes: bigint;
  /** Undefined where there is no limit. */
  readonly maxBytes: bigint | undefined;
}

export class FullnessReader {
  readonly #annex: Pick<OpenAnnex, 'branch' | 'sizes'>;
  readonly #clock: Clock;
  #found: ReadonlyMap<UUID, Fullness> = new Map();
  #lookedSeconds = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #problem: string | undefined;

  constructor(annex: Pick<OpenAnnex, 'branch' | 'sizes'>, clock: Clock) {
    this.#annex = annex;
    this.#clock = clock;
  }

  /** As found last. */
  get found(): ReadonlyMap<UUID, Fullness> {
    return this.#found;
  }

  /** Why the last look found nothing; undefined where it did. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Looks again where that is due. Never rejects. */
  async look(uuids: readonly UUID[]): Promise<void> {
    const nowSeconds = this.#clock.elapsedSeconds();
    if (this.#looking === undefined && nowSeconds - this.#lookedSeconds >= freshSeconds) {
      this.#lookedSeconds = nowSeconds;
      this.#looking = this.#look(uuids).finally(() => {
        this.#looking = undefined;
      });
    }
    await this.#looking;
  }

  async #look(uuids: readonly UUID[]): Promise<void> {
    const { branch, sizes } = this.#annex;
    try {
      const limits = parseMaxSizeLog((await branch.read('maxsize.log')) ?? '');
      this.#found = await sizes.exclusively((ledger) => {
        const found = new Map<UUID, Fullness>();
        for (const uuid of uuids) {
          const usedBytes = sizes.sums.amountOf(uuid)?.bytes ?? 0n;
          const reservedBytes = (ledger.sizeOf(uuid) ?? 0n) - usedBytes;
          found.set(uuid, {
            usedBytes,
            reservedBytes: reservedBytes > 0n ? reservedBytes : 0n,
            maxBytes: limits.get(uuid),
          });
        }
        return found;
      });
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
    }
  }
}

const freshSeconds = 5;
