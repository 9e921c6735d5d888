/**
 * Which members of a group a key goes to (git-annex's page "design/balanced_preferred_content").
 *
 * The members in the order of their UUIDs, joined, are the secret of an HMAC of the key; that number modulo the number of
 * candidates is the first of those that take the key, and the next ones follow. So every repository with the same
 * group.log, sizes and key chooses the same members, and this must give what git-annex gives.
 */

import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keySizeBytes, type Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import { byteStringToBytes, compareByteStrings, type ByteString } from '../util/byte-string.ts';
import type { Repositories } from './repositories.ts';

/** What balancing looks at of a situation. */
export interface KeyPlaces {
  readonly key: Key;
  /** Where the key is, on dead ones as well, or is about to be and has its bytes counted already. */
  readonly locations: ReadonlySet<UUID>;
  readonly repositories: Repositories;
}

export interface PickOptions {
  /** All members of the group. */
  readonly group: ReadonlySet<UUID>;
  /** Those that can take the key. */
  readonly candidates: readonly UUID[];
  readonly key: Key;
  readonly count: bigint;
}

/** What a balanced term chooses, for people. */
export interface BalancedChoice {
  readonly group: ByteString;
  /** How many members are to have the key. */
  readonly count: bigint;
  /** Whether those are picked that have the largest share of their maximum size free. */
  readonly isBySize: boolean;
  /** In the order of the choice. */
  readonly picked: readonly UUID[];
  /** All of the group. */
  readonly members: readonly ChoiceMember[];
  /** Why the key stays where it is, whoever is picked: the repository has it, or enough copies exist. */
  readonly settled?: 'present' | 'enough-copies' | undefined;
}

export interface ChoiceMember {
  readonly uuid: UUID;
  /** Why it cannot be picked. */
  readonly barred?: 'no-room' | 'no-limit' | 'unavailable' | undefined;
}

/** The candidates that take the key; as many as `count`, or all. */
export function pickBalanced({ group, candidates, key, count }: PickOptions): UUID[] {
  if (count <= 0n || candidates.length === 0) return [];
  const sorted = [...candidates].sort(compareByteStrings);
  const first = keyNumber(group, key, sorted.length);
  const picked = count < BigInt(sorted.length) ? Number(count) : sorted.length;
  return sorted.map((_, index) => sorted[(first + index) % sorted.length] as UUID).slice(0, picked);
}

/** Whether the repository has room for the key, or has it and is not over its limit. */
export function hasSpace(uuid: UUID, { key, locations, repositories }: KeyPlaces): boolean {
  const maxSize = repositories.maxSizeOf(uuid);
  const size = repositories.sizeOf(uuid);
  if (maxSize === undefined || size === undefined) return true;
  return size + (locations.has(uuid) ? 0n : sizeOfKey(key)) <= maxSize;
}

/**
 * The members that are least full for what they hold, as many as `count`. Only those that have a limit; of those that are
 * equally full the one with the highest UUID first.
 */
export function leastFull(group: ReadonlySet<UUID>, count: bigint, places: KeyPlaces): UUID[] {
  const fullness = [...group].sort(compareByteStrings).flatMap((uuid) => {
    const free = freeShare(uuid, places);
    return free === undefined || !canTake(uuid, places) ? [] : [{ uuid, free }];
  });
  const emptiestFirst = fullness.sort((left, right) => left.free - right.free).reverse();
  return emptiestFirst.slice(0, clampCount(count, emptiestFirst.length)).map(({ uuid }) => uuid);
}

/** Whether the members that are nearly full leave fewer than `count` others. */
export function tooManyFull(group: ReadonlySet<UUID>, count: bigint, places: KeyPlaces): boolean {
  const { repositories } = places;
  let notFull = 0n;
  for (const uuid of group) {
    const maxSize = repositories.maxSizeOf(uuid) ?? 0n;
    const size = repositories.sizeOf(uuid);
    const isFull =
      maxSize > 0n &&
      size !== undefined &&
      Number(size) >= Number(maxSize) * repositories.fullyBalancedThreshold;
    if (!isFull) notFull++;
  }
  return count > notFull;
}

/** Whether a member may be picked. */
export function canTake(uuid: UUID, places: KeyPlaces): boolean {
  return !places.repositories.unavailable.has(uuid) && hasSpace(uuid, places);
}

/** How much of its limit would be free without the key; undefined without a limit. */
function freeShare(uuid: UUID, { key, locations, repositories }: KeyPlaces): number | undefined {
  const maxSize = repositories.maxSizeOf(uuid) ?? 0n;
  if (maxSize <= 0n) return undefined;
  const size = repositories.sizeOf(uuid) ?? 0n;
  const free = maxSize - size + (locations.has(uuid) ? sizeOfKey(key) : 0n);
  return Number(free) / Number(maxSize);
}

function sizeOfKey(key: Key): bigint {
  return BigInt(keySizeBytes(key) ?? 0);
}

function clampCount(count: bigint, limit: number): number {
  return count <= 0n ? 0 : count < BigInt(limit) ? Number(count) : limit;
}

/** The HMAC as a number, modulo `count`. */
function keyNumber(group: ReadonlySet<UUID>, key: Key, count: number): number {
  const digest = macOf(group).clone().update(byteStringToBytes(key)).digest();
  return digest.reduce((rest, byte) => (rest * 256 + byte) % count, 0);
}

// The secret is as long as the group is large, and the same for every key.
const macs = new WeakMap<ReadonlySet<UUID>, ReturnType<typeof hmac.create>>();

function macOf(group: ReadonlySet<UUID>): ReturnType<typeof hmac.create> {
  let mac = macs.get(group);
  if (mac === undefined) {
    mac = hmac.create(sha256, byteStringToBytes([...group].sort(compareByteStrings).join('')));
    macs.set(group, mac);
  }
  return mac;
}
