/** `--want-get`, `--want-drop` and their `-by`: what a repository's preferred and required content say. */

import type { UUID } from '../../types/uuid.ts';
import type { MatchTerm } from './match-term.ts';
import type { MatchingTools } from './matching-tools.ts';

export function wantGetTerm(uuid: UUID, { preferredContent }: MatchingTools): MatchTerm {
  const needs = preferredContent.needs([uuid]);
  return {
    needs,
    needsFile: needs.has('file'),
    matches: (_item, subject) =>
      preferredContent.wantsGet(uuid, subject, { otherwise: false }).value === true,
  };
}

/** Only the file that is looked at counts, not others with the same content. */
export function wantDropTerm(uuid: UUID, { preferredContent }: MatchingTools): MatchTerm {
  const needs = preferredContent.needs([uuid]);
  return {
    needs,
    needsFile: needs.has('file'),
    matches: (_item, subject) =>
      preferredContent.wantsDrop(uuid, subject, { otherwise: true }).value === true,
  };
}
