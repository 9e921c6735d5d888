// Repositories for tests of placement: what is not said of them is as it is where nobody configured anything.
import { uuidsByGroup } from '../../src/logs/group-log.ts';
import type { Repositories } from '../../src/preferred-content/repositories.ts';
import type { TrustLevel } from '../../src/types/trust-level.ts';
import type { UUID } from '../../src/types/uuid.ts';

export interface RepositorySample {
  readonly wants?: string;
  readonly requires?: string;
  readonly groups?: readonly string[];
  readonly trust?: TrustLevel;
  readonly maxSize?: bigint;
  readonly size?: bigint;
}

/** By UUID. */
export function sampleRepositories(samples: Readonly<Record<string, RepositorySample>>): Repositories {
  const entries = Object.entries(samples) as [UUID, RepositorySample][];
  const each = <T>(part: (sample: RepositorySample) => T | undefined): Map<UUID, T> =>
    new Map(
      entries.flatMap(([uuid, sample]): [UUID, T][] => {
        const value = part(sample);
        return value === undefined ? [] : [[uuid, value]];
      }),
    );
  const groups = each(({ groups: names }) => (names === undefined ? undefined : new Set(names)));
  return {
    preferred: each(({ wants }) => wants),
    required: each(({ requires }) => requires),
    groupPreferred: new Map(),
    groups,
    members: uuidsByGroup(groups),
    trustOf: (uuid) => samples[uuid]?.trust ?? 'semitrusted',
    maxSizeOf: (uuid) => samples[uuid]?.maxSize,
    sizeOf: (uuid) => samples[uuid]?.size,
    preferredDirOf: () => 'public',
    approxNumCopies: 1,
    fullyBalancedThreshold: 0.9,
    rebalance: false,
    unavailable: new Set(),
  };
}
