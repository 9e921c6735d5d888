/** What is wrong or doubtful with the expressions of a repository: for `wanted`, `required` and warnings. */

import type { UUID } from '../types/uuid.ts';
import type { ByteString } from '../util/byte-string.ts';
import { referredGroups } from './expand.ts';
import { termsOf } from './judge.ts';
import type { Reference } from './parse-expression.ts';
import type { EffectiveExpression, RepositoryExpressions } from './repository-expressions.ts';

export type Problem = { readonly expression: 'preferred' | 'required' } & (
  | { readonly type: 'unparsable'; readonly reason: string }
  /** The terms that must not be negated. */
  | { readonly type: 'unstable'; readonly terms: readonly ByteString[] }
  /** `standard` or `groupwanted` without one group that gives it a meaning. */
  | {
      readonly type: 'no-meaning';
      readonly reference: Reference['reference'];
      readonly groups: readonly ByteString[];
    }
  | { readonly type: 'unknown-group'; readonly group: ByteString }
);

export function findProblems(uuid: UUID, expressions: RepositoryExpressions): Problem[] {
  return (['preferred', 'required'] as const).flatMap((expression) =>
    problemsOf(uuid, expressions[expression](uuid), expressions).map((problem) => ({
      ...problem,
      expression,
    })),
  );
}

/** What is wrong, in a sentence for people. */
export function explainProblem(problem: Problem): string {
  switch (problem.type) {
    case 'unparsable':
      return `${problem.expression} content does not parse and counts as "present": ${problem.reason}`;
    case 'unstable':
      return `${problem.expression} content never matches: it negates ${problem.terms.join(', ')}, which is not stable`;
    case 'no-meaning':
      return `${problem.reference} counts as "present": ${problem.groups.length === 0 ? 'no group of the repository' : `more than one group (${problem.groups.join(', ')})`} has an expression for it`;
    case 'unknown-group':
      return `${problem.expression} content names the group ${problem.group}, which nobody is in`;
  }
}

type Detail = Problem extends infer P ? (P extends Problem ? Omit<P, 'expression'> : never) : never;

function problemsOf(
  uuid: UUID,
  effective: EffectiveExpression,
  expressions: RepositoryExpressions,
): Detail[] {
  const { matcher, isUnstable, error } = effective;
  if (error !== undefined) return [{ type: 'unparsable', reason: error.message }];
  const terms = [...termsOf(matcher)];
  const problems: Detail[] = [];
  if (isUnstable) {
    const unstable = terms.filter(({ term, isNegated }) => isNegated && term.followsPresence);
    problems.push({ type: 'unstable', terms: unstable.map(({ term }) => term.text) });
  }
  const { repositories } = expressions;
  for (const reference of ['standard', 'groupwanted'] as const) {
    const groups = referredGroups(reference, { uuid, repositories });
    if (groups.length !== 1 && terms.some(({ term }) => term.text === reference))
      problems.push({ type: 'no-meaning', reference, groups });
  }
  // What git-annex wrote itself names groups that may well be empty.
  const named = terms.filter(({ term }) => term.text !== 'standard').flatMap(({ term }) => term.groups);
  for (const group of new Set(named))
    if (!repositories.members.has(group)) problems.push({ type: 'unknown-group', group });
  return problems;
}
