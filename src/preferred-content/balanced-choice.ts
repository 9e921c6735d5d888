/** Which members of a group a balanced term picks in a situation, and what bars the others. */

import type { UUID } from '../types/uuid.ts';
import type { ByteString } from '../util/byte-string.ts';
import {
  canTake,
  hasSpace,
  leastFull,
  pickBalanced,
  tooManyFull,
  type BalancedChoice,
  type ChoiceMember,
  type KeyPlaces,
} from './balanced.ts';
import type { Situation } from './term.ts';

/** What a term asks for. */
export interface BalancedRequest {
  readonly group: ByteString;
  readonly count: bigint;
  readonly isBySize: boolean;
}

export function isPicked(situation: Situation, request: BalancedRequest): boolean {
  const members = membersOf(situation, request);
  return members.has(situation.uuid) && pick(situation, request).picked.includes(situation.uuid);
}

/** The whole choice, for people. */
export function chooseMembers(
  situation: Situation,
  request: BalancedRequest,
): Omit<BalancedChoice, 'settled'> {
  const { picked, isBySize } = pick(situation, request);
  const places = placesOf(situation);
  const members = [...membersOf(situation, request)].map((uuid) => {
    const barred = barOf(uuid, places, isBySize);
    return barred === undefined ? { uuid } : { uuid, barred };
  });
  return { group: request.group, count: request.count, isBySize, picked, members };
}

/** With `--rebalance`, content is moved away from members that are nearly full where there are not enough others. */
function pick(
  situation: Situation,
  request: BalancedRequest,
): { readonly picked: readonly UUID[]; readonly isBySize: boolean } {
  const group = membersOf(situation, request);
  const { count } = request;
  const places = placesOf(situation);
  const { rebalance } = situation.repositories;
  const isBySize = request.isBySize || (rebalance && count > 1n && tooManyFull(group, count, places));
  if (isBySize) return { picked: leastFull(group, count, places), isBySize };
  const candidates = [...group].filter((member) => canTake(member, places));
  return { picked: pickBalanced({ group, candidates, key: situation.subject.key, count }), isBySize };
}

function barOf(uuid: UUID, places: KeyPlaces, isBySize: boolean): ChoiceMember['barred'] {
  const { repositories } = places;
  if (repositories.unavailable.has(uuid)) return 'unavailable';
  if (!hasSpace(uuid, places)) return 'no-room';
  if (!isBySize) return undefined;
  const maxSize = repositories.maxSizeOf(uuid);
  return maxSize === undefined ? 'no-limit' : maxSize > 0n ? undefined : 'no-room';
}

function membersOf({ repositories }: Situation, { group }: BalancedRequest): ReadonlySet<UUID> {
  return repositories.members.get(group) ?? nobody;
}

/** Dead members are candidates like any other. */
function placesOf({ subject: { key, deadLocations }, locations, repositories }: Situation): KeyPlaces {
  const all = deadLocations.size === 0 ? locations : new Set([...locations, ...deadLocations]);
  return { key, locations: all, repositories };
}

const nobody: ReadonlySet<UUID> = new Set();
