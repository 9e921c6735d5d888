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
import type { ByteString } from '../../util/byte-string.ts';
import type { BalancedChoice } from '../balanced.ts';
import { chooseMembers, isPicked, type BalancedRequest } from '../balanced-choice.ts';
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
  return stayingTerm({ name: 'balanced', isBySize: false, value, text });
}

export function fullyBalancedTerm(value: ByteString, text: ByteString): Term {
  return movingTerm({ name: 'fullybalanced', isBySize: false, value, text });
}

export function sizeBalancedTerm(value: ByteString, text: ByteString): Term {
  return stayingTerm({ name: 'sizebalanced', isBySize: true, value, text });
}

export function fullySizeBalancedTerm(value: ByteString, text: ByteString): Term {
  return movingTerm({ name: 'fullysizebalanced', isBySize: true, value, text });
}

interface BalancedTerm {
  readonly name: string;
  readonly isBySize: boolean;
  readonly value: ByteString;
  readonly text: ByteString;
}

interface ChoosingTerm extends Term {
  readonly choose: (situation: Situation) => BalancedChoice;
}

function movingTerm({ name, isBySize, value, text }: BalancedTerm): ChoosingTerm {
  const { group, count, needs, groups } = parseBalanced(name, value);
  const request = (situation: Situation): BalancedRequest => ({
    group,
    count: wantedCount(situation, count),
    isBySize,
  });
  return {
    ...makeTerm({ text, needs, groups, judge: (situation) => isPicked(situation, request(situation)) }),
    choose: (situation) => chooseMembers(situation, request(situation)),
  };
}

function stayingTerm(term: BalancedTerm): ChoosingTerm {
  const moving = movingTerm(term);
  const { group, count } = parseBalanced(term.name, term.value);
  // As `copies=GROUP:N` reads it: a group that is called as a level of trust is that.
  const members = trustOrGroup(group);
  const hasEnough = (situation: Situation): boolean =>
    count.type === 'number'
      ? BigInt(countCopies(situation, members)) >= count.number
      : lackingCopies(situation, count.all) < 1;
  const settled = (situation: Situation): BalancedChoice['settled'] => {
    if (situation.repositories.rebalance) return undefined;
    if (isPresent(situation)) return 'present';
    return hasEnough(situation) ? 'enough-copies' : undefined;
  };
  return {
    ...moving,
    needs: [...moving.needs, 'here'],
    followsPresence: true,
    judge: (situation) => {
      const why = settled(situation);
      return why === undefined ? moving.judge(situation) : why === 'present';
    },
    choose: (situation) => ({ ...moving.choose(situation), settled: settled(situation) }),
  };
}

type Count =
  | { readonly type: 'number'; readonly number: bigint }
  /** `others` are the copies that members of the group complete, `all` those that make enough. */
  | { readonly type: 'lacking'; readonly others: RepositoryLimit; readonly all: RepositoryLimit };

function wantedCount(situation: Situation, count: Count): bigint {
  return count.type === 'number' ? count.number : BigInt(lackingCopies(situation, count.others));
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
