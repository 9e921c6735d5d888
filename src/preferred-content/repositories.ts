/** What is known of all repositories when expressions are judged, as the git-annex branch and the configuration have it. */

import type { TrustLevel } from '../types/trust-level.ts';
import type { UUID } from '../types/uuid.ts';
import type { ByteString } from '../util/byte-string.ts';

export interface Repositories {
  /** preferred-content.log, required-content.log and group-preferred-content.log: expressions as they were written. */
  readonly preferred: ReadonlyMap<UUID, ByteString>;
  readonly required: ReadonlyMap<UUID, ByteString>;
  readonly groupPreferred: ReadonlyMap<ByteString, ByteString>;
  readonly groups: ReadonlyMap<UUID, ReadonlySet<ByteString>>;
  /** The other direction of `groups`. */
  readonly members: ReadonlyMap<ByteString, ReadonlySet<UUID>>;
  trustOf(uuid: UUID): TrustLevel;
  /** Bytes; undefined where there is no limit. */
  maxSizeOf(uuid: UUID): bigint | undefined;
  /** Bytes of what it is logged to have, with what is on the way to it; undefined where it is not known. */
  sizeOf(uuid: UUID): bigint | undefined;
  /** `preferreddir=` of a special remote, `public` where it has none. */
  preferredDirOf(uuid: UUID): ByteString;
  /** numcopies.log, or 1: what `approxlackingcopies` counts with. */
  readonly approxNumCopies: number;
  /** `annex.fullybalancedthreshhold` as a fraction; 0.9 where not set. */
  readonly fullyBalancedThreshold: number;
  /** Whether `--rebalance` was given. */
  readonly rebalance: boolean;
  /** Repositories that cannot take a key now, and so are no candidates of balanced terms. */
  readonly unavailable: ReadonlySet<UUID>;
}
