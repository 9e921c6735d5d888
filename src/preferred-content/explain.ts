/**
 * How a judgement came about, as git-annex's `--explain` writes it:
 *
 *     include=*.mp3[TRUE] and ( copies=2[FALSE] or not include=x[FALSE] )
 *
 * Only what was judged is there.
 */

import type { BalancedChoice } from './balanced.ts';
import type { ExpandedTerm } from './expand.ts';
import type { Matcher } from './fold-tokens.ts';
import { joined, negate, termsOf } from './judge.ts';
import type { EffectiveExpression } from './repository-expressions.ts';
import type { Judgement, Situation, Term } from './term.ts';
import type { ByteString } from '../util/byte-string.ts';

export interface Explanation {
  /** Why it was judged so. */
  readonly reason:
    | 'expression'
    /** The repository has none. */
    | 'no-expression'
    /** It does not parse: `present` stands in for it. */
    | 'unparsable'
    /** It negates terms that must not be negated, and so matches nothing. */
    | 'unstable';
  /** Each term with its value; what is not known is `[UNKNOWN]`. */
  readonly text: ByteString;
  /** The terms that were judged, in order, those that a reference stands for included. */
  readonly terms: readonly JudgedTerm[];
}

export interface JudgedTerm {
  readonly text: ByteString;
  readonly value: Judgement;
  /** Of a balanced term: who is picked. */
  readonly choice?: BalancedChoice | undefined;
}

export function explainJudgement(expression: EffectiveExpression, situation: Situation): Explanation {
  const terms: JudgedTerm[] = [];
  const judge = (matcher: Matcher<Term>): { readonly value: Judgement; readonly text: string } =>
    explainMatcher(matcher, (term) => {
      const value = term.judge(situation);
      if ('expansion' in term) judge((term as ExpandedTerm).expansion);
      const choice = term.choose?.(situation);
      terms.push({ text: term.text, value, ...(choice === undefined ? {} : { choice }) });
      return value;
    });
  const { matcher, isUnstable, error } = expression;
  if (matcher.length === 0) return { reason: 'no-expression', text: '', terms };
  if (isUnstable) {
    const negated = [...termsOf(matcher)].filter(({ term, isNegated }) => isNegated && term.followsPresence);
    for (const { term } of negated) terms.push({ text: term.text, value: false });
    return { reason: 'unstable', text: negated.map(({ term }) => `not ${term.text}`).join(' '), terms };
  }
  const { text } = judge(matcher);
  return { reason: error === undefined ? 'expression' : 'unparsable', text, terms };
}

function explainMatcher(
  matcher: Matcher<Term>,
  judgeTerm: (term: Term) => Judgement,
): { readonly value: Judgement; readonly text: string } {
  let value: Judgement = true;
  const words: string[] = [];
  for (const { join, negated, operand } of matcher) {
    if (value === (join === 'or')) continue;
    const judged =
      operand.type === 'group'
        ? explainMatcher(operand.steps, judgeTerm)
        : explainTerm(operand.term, judgeTerm);
    const group = operand.type === 'group' && judged.text.includes(' ') ? `( ${judged.text} )` : judged.text;
    if (group !== '') words.push(...(words.length > 0 ? [join] : []), negated ? `not ${group}` : group);
    value = joined(join, value, negate(judged.value, negated));
  }
  return { value, text: words.join(' ') };
}

function explainTerm(
  term: Term,
  judgeTerm: (term: Term) => Judgement,
): { readonly value: Judgement; readonly text: string } {
  const value = judgeTerm(term);
  const shown = value === undefined ? 'UNKNOWN' : value ? 'TRUE' : 'FALSE';
  return { value, text: `${term.text}[${shown}]` };
}
