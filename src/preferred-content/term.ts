/**
 * A term of a matching expression, `include=*.mp3` for instance, and the situation that it is judged in.
 *
 * A term says what it needs to know of the key; whoever judges has read that before. A judgement has three values: it is
 * undefined where the term looks at something that nobody knows, the name of a file that a removal does not give.
 */

import type { UUID } from '../types/uuid.ts';
import type { ByteString } from '../util/byte-string.ts';
import type { BalancedChoice } from './balanced.ts';
import type { Repositories } from './repositories.ts';
import type { Subject, SubjectNeed } from './subject.ts';

/** True, false, or not known. */
export type Judgement = boolean | undefined;

export interface Term {
  /** As it was written. */
  readonly text: ByteString;
  readonly needs: readonly SubjectNeed[];
  /**
   * Whether to have the content makes the term true and to lack it false (`present`). Under a `not` such a term would have
   * the content got and dropped for ever.
   */
  readonly followsPresence: boolean;
  /** The groups that it names. */
  readonly groups: readonly ByteString[];
  judge(situation: Situation): Judgement;
  /** Of a balanced term: what it chooses. */
  readonly choose?: ((situation: Situation) => BalancedChoice) | undefined;
}

export interface Situation {
  /** The repository whose expression it is; on the command line, the one that the command runs in. */
  readonly uuid: UUID;
  readonly subject: Subject;
  /** Where the key is, with where it is about to be: the subject's own, unless more was decided. */
  readonly locations: ReadonlySet<UUID>;
  /** Repositories to be judged as if they lacked the key: the one that it may be dropped from. `present` takes no notice. */
  readonly assumeAbsent: ReadonlySet<UUID>;
  readonly repositories: Repositories;
}

/** A term from its parts; what is left out is what most terms have. */
export function makeTerm(
  term: Pick<Term, 'text' | 'judge'> & Partial<Pick<Term, 'needs' | 'followsPresence' | 'groups'>>,
): Term {
  return { needs: [], followsPresence: false, groups: [], ...term };
}
