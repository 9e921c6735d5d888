// What is known of repositories when expressions are judged, made up for a test: what is not said of them is as it is where
// nobody configured anything.
import { uuidsByGroup } from '../../src/logs/group-log.ts';
import type { Repositories } from '../../src/preferred-content/repositories.ts';
import type { Subject } from '../../src/preferred-content/subject.ts';
import type { Key } from '../../src/types/key.ts';
import type { TrustLevel } from '../../src/types/trust-level.ts';
import type { UUID } from '../../src/types/uuid.ts';
import type { ByteString } from '../../src/util/byte-string.ts';

export interface MadeUp
  extends Partial<Omit<Repositories, 'members' | 'trustOf' | 'maxSizeOf' | 'sizeOf' | 'preferredDirOf'>> {
  readonly trust?: ReadonlyMap<UUID, TrustLevel>;
  readonly maxSizes?: ReadonlyMap<UUID, bigint>;
  readonly sizes?: ReadonlyMap<UUID, bigint>;
  readonly preferredDirs?: ReadonlyMap<UUID, ByteString>;
}

export function repositoriesWith(made: MadeUp = {}): Repositories {
  const { trust, maxSizes, sizes, preferredDirs, groups = new Map(), ...rest } = made;
  return {
    preferred: new Map(),
    required: new Map(),
    groupPreferred: new Map(),
    groups,
    members: uuidsByGroup(groups),
    trustOf: (uuid) => trust?.get(uuid) ?? 'semitrusted',
    maxSizeOf: (uuid) => maxSizes?.get(uuid),
    sizeOf: (uuid) => sizes?.get(uuid),
    preferredDirOf: (uuid) => preferredDirs?.get(uuid) ?? 'public',
    approxNumCopies: 1,
    fullyBalancedThreshold: 0.9,
    rebalance: false,
    unavailable: new Set(),
    ...rest,
  };
}

export interface RepositorySample {
  readonly wants?: string;
  readonly requires?: string;
  readonly groups?: readonly string[];
  readonly trust?: TrustLevel;
  readonly maxSize?: bigint;
  readonly size?: bigint;
}

/** The same said of each repository, by UUID. */
export function sampleRepositories(samples: Readonly<Record<string, RepositorySample>>): Repositories {
  const entries = Object.entries(samples) as [UUID, RepositorySample][];
  const each = <T>(part: (sample: RepositorySample) => T | undefined): Map<UUID, T> =>
    new Map(
      entries.flatMap(([uuid, sample]): [UUID, T][] => {
        const value = part(sample);
        return value === undefined ? [] : [[uuid, value]];
      }),
    );
  return repositoriesWith({
    preferred: each(({ wants }) => wants),
    required: each(({ requires }) => requires),
    groups: each(({ groups }) => (groups === undefined ? undefined : new Set(groups))),
    trust: each(({ trust }) => trust),
    maxSizes: each(({ maxSize }) => maxSize),
    sizes: each(({ size }) => size),
  });
}

/** A key without anything, except what is said. */
export function subjectWith(said: Partial<Subject> = {}): Subject {
  return {
    key: 'SHA256E-s1000--abc.mp3' as Key,
    file: { type: 'none' },
    locations: new Set(),
    deadLocations: new Set(),
    numCopies: 1,
    metadata: new Map(),
    urls: [],
    isUnused: false,
    ...said,
  };
}
