/**
 * Judges a matcher: true, false, or undefined where it depends on what is not known.
 *
 * From left to right, and a term whose value can make no difference any more is not judged, as with git-annex.
 */

import type { Matcher, Operand } from './fold-tokens.ts';
import type { Judgement } from './term.ts';

/** The value of a matcher whose terms `judgeTerm` judges. A matcher without steps is true. */
export function judgeMatcher<T>(matcher: Matcher<T>, judgeTerm: (term: T) => Judgement): Judgement {
  let value: Judgement = true;
  for (const { join, negated, operand } of matcher) {
    if (value === (join === 'or')) continue;
    value = joined(join, value, negate(judgeOperand(operand, judgeTerm), negated));
  }
  return value;
}

/** Every term, with whether it stands under an odd number of negations. */
export function* termsOf<T>(
  matcher: Matcher<T>,
  isNegated: boolean = false,
): Generator<{ readonly term: T; readonly isNegated: boolean }> {
  for (const { negated, operand } of matcher) {
    if (operand.type === 'term') yield { term: operand.term, isNegated: negated !== isNegated };
    else yield* termsOf(operand.steps, negated !== isNegated);
  }
}

/** `value` is never one that decides alone: such a step is passed over. */
export function joined(join: 'and' | 'or', value: Judgement, next: Judgement): Judgement {
  const deciding = join === 'or';
  if (value === deciding || next === deciding) return deciding;
  return value === undefined || next === undefined ? undefined : !deciding;
}

export function negate(value: Judgement, negated: boolean): Judgement {
  return negated && value !== undefined ? !value : value;
}

function judgeOperand<T>(operand: Operand<T>, judgeTerm: (term: T) => Judgement): Judgement {
  return operand.type === 'term' ? judgeTerm(operand.term) : judgeMatcher(operand.steps, judgeTerm);
}
