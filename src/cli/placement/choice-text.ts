/**
 * Which members a balanced term picks, as `explain` says it:
 *
 *     balanced=nodes: picks n2 of n1, n2, n3 (n3 has no room)
 *     balanced=nodes: there are enough copies; would pick n2 of n1, n2, n3 (n3 has no room)
 */

import type { BalancedChoice, ChoiceMember } from '../../preferred-content/balanced.ts';
import type { JudgedTerm } from '../../preferred-content/explain.ts';
import type { UUID } from '../../types/uuid.ts';
import { byteStringToText } from '../../util/byte-string.ts';

/** A line for each balanced term among those that were judged. */
export function choiceLines(terms: readonly JudgedTerm[], title: (uuid: UUID) => string): string[] {
  return terms.flatMap(({ choice, text }) =>
    choice === undefined ? [] : [`${byteStringToText(text)}: ${choiceText(choice, title)}`],
  );
}

function choiceText(choice: BalancedChoice, title: (uuid: UUID) => string): string {
  const { count, group, isBySize, picked, settled } = choice;
  const members = byTitle(choice.members, title);
  if (members.length === 0) return `nobody is in the group ${byteStringToText(group)}`;
  const names = (uuids: readonly UUID[]): string => uuids.map(title).join(', ');
  const everybody = names(members.map(({ uuid }) => uuid));
  const why = settled === undefined ? '' : `${settledText(settled)}; `;
  if (count <= 0n) return `${why}picks none of ${everybody}: no more copies are wanted there`;
  const verb = settled === undefined ? 'picks' : 'would pick';
  const bySize = isBySize && picked.length > 0 ? ', with the largest share of maxsize free,' : '';
  const barred = reasons.flatMap(([barred, reason]) => {
    const uuids = members.filter((member) => member.barred === barred).map(({ uuid }) => uuid);
    return uuids.length === 0 ? [] : [`${names(uuids)} ${uuids.length === 1 ? 'has' : 'have'} ${reason}`];
  });
  const but = barred.length === 0 ? '' : ` (${barred.join('; ')})`;
  return `${why}${verb} ${names(picked) || 'nobody'}${bySize} of ${everybody}${but}`;
}

/** As JSON, with the same names as in the rest of `explain --json`. */
export function choiceJSON(
  { count, group, isBySize, members, picked, settled }: BalancedChoice,
  title: (uuid: UUID) => string,
): object {
  return {
    bysize: isBySize,
    count: Number(count),
    group: byteStringToText(group),
    members: byTitle(members, title).map(({ barred, uuid }) => ({
      ...(barred === undefined ? {} : { barred }),
      description: title(uuid),
      picked: picked.includes(uuid),
      uuid,
    })),
    ...(settled === undefined ? {} : { settled }),
  };
}

function byTitle(members: readonly ChoiceMember[], title: (uuid: UUID) => string): readonly ChoiceMember[] {
  return [...members].sort((left, right) => (title(left.uuid) < title(right.uuid) ? -1 : 1));
}

function settledText(settled: NonNullable<BalancedChoice['settled']>): string {
  return settled === 'present' ? 'it is there and stays' : 'there are enough copies';
}

const reasons: readonly (readonly [NonNullable<ChoiceMember['barred']>, string])[] = [
  ['no-room', 'no room'],
  ['no-limit', 'no maxsize'],
  ['unavailable', 'no connection'],
];
