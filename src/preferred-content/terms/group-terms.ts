/** `inallgroup` and `onlyingroup`. Both see the clusters that locations are nodes of. */

import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { makeTerm, type Situation, type Term } from '../term.ts';

/** Whether every member of the group has the key: so it is of a group without any. */
export function inAllGroupTerm(group: ByteString, text: ByteString): Term {
  return makeTerm({
    text,
    needs: ['locations'],
    groups: [group],
    judge: (situation) => {
      const { locations, assumeAbsent, repositories } = situation;
      const members = repositories.members.get(group) ?? [];
      return [...members].every((uuid) => locations.has(uuid) && !assumeAbsent.has(uuid));
    },
  });
}

/** Whether a member of the group has the key, and nobody else. */
export function onlyInGroupTerm(group: ByteString, text: ByteString): Term {
  return makeTerm({
    text,
    needs: ['locations'],
    groups: [group],
    judge: (situation) => {
      const { repositories } = situation;
      const members = repositories.members.get(group);
      const present = presentAt(situation);
      return present.length > 0 && present.every((uuid) => members?.has(uuid) === true);
    },
  });
}

function presentAt({ locations, assumeAbsent }: Situation): UUID[] {
  return [...locations].filter((uuid) => !assumeAbsent.has(uuid));
}
