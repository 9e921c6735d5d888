/** `anything`, `nothing` and `present`. */

import type { ByteString } from '../../util/byte-string.ts';
import { makeTerm, type Situation, type Term } from '../term.ts';

export function constantTerm(value: boolean, text: ByteString): Term {
  return makeTerm({ text, judge: () => value });
}

/** Whether the repository has the key. Also what stands in for an expression that does not parse. */
export function presentTerm(text: ByteString): Term {
  return makeTerm({ text, needs: ['locations', 'here'], followsPresence: true, judge: isPresent });
}

/** Takes no notice of `assumeAbsent`. */
export function isPresent({ uuid, subject: { here }, locations }: Situation): boolean {
  return here?.uuid === uuid ? here.hasContent : locations.has(uuid);
}
