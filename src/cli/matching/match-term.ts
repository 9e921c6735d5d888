/**
 * A term of the command line's matching options. What it needs to know of a key in advance it names (`needs`); the rest
 * it finds out by itself, and only when nothing before it has decided already.
 */

import type { Subject, SubjectNeed } from '../../preferred-content/subject.ts';
import type { MatchedItem } from './matched-item.ts';

export interface MatchTerm {
  readonly needs: Iterable<SubjectNeed>;
  /** It looks at the file, and so says nothing of a key alone. */
  readonly needsFile?: boolean | undefined;
  matches(item: MatchedItem, subject: Subject): boolean | Promise<boolean>;
}
