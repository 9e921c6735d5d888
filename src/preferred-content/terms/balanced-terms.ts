/**
 * `balanced`, `fullybalanced`, `sizebalanced`, `fullysizebalanced`: whether the repository is one of those members of a
 * group that the key is spread to.
 *
 *     balanced=backup                              one of them
 *     balanced=backup:2                            two
 *     balanced=backup:lackingcopies                as many as numcopies asks for besides the copies outside of the group
 *     balanced=backup:lackingcopies=archive-old    the same, where of those outside only archive-old count
 *
 * Those without `fully` leave content where it is: they stand for "present, or not yet in N members and picked", and with
 * `--rebalance` only for "picked".
 */

import { AnnexError } from '../../types/annex-error.ts';
import { parseHaskellInteger } from '../../logs/haskell-integer.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { canTake, leastFull, pickBalanced, tooManyFull, type KeyPlaces } from '../balanced.ts';
import { makeTerm, type Situation, type Term } from '../term.ts';
import { countCopies, lackingCopies } from './copies-terms.ts';
import { isPresent } from './presence-terms.ts';
import {
  allRepositories,
  groupLimit,
  trustOrGroup,
  outsideGroup,
  type RepositoryLimit,
} from './repository-limit.ts';

export function balancedTerm(value: ByteString, text: ByteString): Term {
  return stayingTerm({ name: 'balanced', picks: isPicked, value, text });
}

export function fullyBalancedTerm(value: ByteString, text: ByteString): Term {
  return movingTerm({ name: 'fullybalanced', picks: isPicked, value, text });
}

export function sizeBalancedTerm(value: ByteString, text: ByteString): Term {
  return stayingTerm({ name: 'sizebalanced', picks: isPickedBySize, value, text });
}

export function fullySizeBalancedTerm(value: ByteString, text: ByteString): Term {
  return movingTerm({ name: 'fullysizebalanced', picks: isPickedBySize, value, text });
}

interface BalancedTerm {
  readonly name: string;
  readonly picks: (
    situation: Situation,
    choice: { readonly group: ReadonlySet<UUID>; readonly count: bigint },
  ) => boolean;
  readonly value: ByteString;
  readonly text: ByteString;
}

function movingTerm({ name, picks, value, text }: BalancedTerm): Term {
  const { group, count, needs, groups } = parseBalanced(name, value);
  return makeTerm({
    text,
    needs,
    groups,
    judge: (situation) => {
      const members = situation.repositories.members.get(group) ?? nobody;
      return picks(situation, { group: members, count: wantedCount(situation, count) });
    },
  });
}

function stayingTerm(term: BalancedTerm): Term {
  const moving = movingTerm(term);
  const { group, count } = parseBalanced(term.name, term.value);
  // As `copies=GROUP:N` reads it: a group that is called as a level of trust is that.
  const members = trustOrGroup(group);
  const hasEnough = (situation: Situation): boolean =>
    count.type === 'number'
      ? BigInt(countCopies(situation, members)) >= count.number
      : lackingCopies(situation, count.all) < 1;
  return {
    ...moving,
    needs: [...moving.needs, 'here'],
    followsPresence: true,
    judge: (situation) => {
      if (situation.repositories.rebalance) return moving.judge(situation);
      return isPresent(situation) || (!hasEnough(situation) && moving.judge(situation) === true);
    },
  };
}

type Count =
  | { readonly type: 'number'; readonly number: bigint }
  /** `others` are the copies that members of the group complete, `all` those that make enough. */
  | { readonly type: 'lacking'; readonly others: RepositoryLimit; readonly all: RepositoryLimit };

function wantedCount(situation: Situation, count: Count): bigint {
  return count.type === 'number' ? count.number : BigInt(lackingCopies(situation, count.others));
}

function isPicked(
  situation: Situation,
  { group, count }: { readonly group: ReadonlySet<UUID>; readonly count: bigint },
): boolean {
  const { repositories, uuid, subject } = situation;
  if (!group.has(uuid)) return false;
  const places = placesOf(situation);
  if (repositories.rebalance && count > 1n && tooManyFull(group, count, places))
    return isPickedBySize(situation, { group, count });
  const candidates = [...group].filter((member) => canTake(member, places));
  return pickBalanced({ group, candidates, key: subject.key, count }).includes(uuid);
}

function isPickedBySize(
  situation: Situation,
  { group, count }: { readonly group: ReadonlySet<UUID>; readonly count: bigint },
): boolean {
  return leastFull(group, count, placesOf(situation)).includes(situation.uuid);
}

/** Dead members are candidates like any other. */
function placesOf({ subject: { key, deadLocations }, locations, repositories }: Situation): KeyPlaces {
  const all = deadLocations.size === 0 ? locations : new Set([...locations, ...deadLocations]);
  return { key, locations: all, repositories };
}

function parseBalanced(
  name: string,
  value: ByteString,
): Pick<Term, 'needs' | 'groups'> & { readonly group: ByteString; readonly count: Count } {
  const [group = '', amount = '1', ...more] = value.split(':');
  if (more.length > 0) throw new AnnexError('config', `bad value for ${name}`);
  const [, limitText] = /^lackingcopies(?:=(.*))?$/s.exec(amount) ?? [];
  if (amount === 'lackingcopies' || limitText !== undefined) {
    const limit = limitText === undefined ? allRepositories : groupLimit(limitText);
    const all = limitText === undefined ? allRepositories : groupLimit(limitText, group);
    return {
      group,
      count: { type: 'lacking', others: outsideGroup(limit, group), all },
      needs: ['locations', 'dead-locations', 'numcopies'],
      groups: [group, ...limit.groups],
    };
  }
  const number = parseHaskellInteger(amount);
  if (number === undefined) throw new AnnexError('config', `bad number for ${name}`);
  return {
    group,
    count: { type: 'number', number },
    needs: ['locations', 'dead-locations'],
    groups: [group],
  };
}

const nobody: ReadonlySet<UUID> = new Set();
