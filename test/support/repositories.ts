// What is known of repositories when expressions are judged, made up for a test.
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

/** A key without anything, except what is said. */
export function subjectWith(said: Partial<Subject> = {}): Subject {
  return {
    key: 'SHA256E-s1000--abc.mp3' as Key,
    file: { type: 'none' },
    locations: new Set(),
    numCopies: 1,
    metadata: new Map(),
    urls: [],
    isUnused: false,
    ...said,
  };
}
