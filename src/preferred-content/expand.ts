/**
 * What the references in an expression stand for in one repository: `standard` for the expression of its only standard
 * group, `groupwanted` for that of its only group that has one. Where there is none or several, and where one stands inside
 * itself, it is as if it were not understood: `present`.
 */

import type { UUID } from '../types/uuid.ts';
import type { ByteString } from '../util/byte-string.ts';
import type { Matcher, Operand } from './fold-tokens.ts';
import { judgeMatcher, termsOf } from './judge.ts';
import type { Expression, Reference } from './parse-expression.ts';
import type { Repositories } from './repositories.ts';
import { standardGroups } from './standard-groups.ts';
import type { Situation, Term } from './term.ts';
import { presentTerm } from './terms/presence-terms.ts';

/** A term that stands for a whole expression. */
export interface ExpandedTerm extends Term {
  readonly expansion: Matcher<Term>;
}

export interface ExpandOptions {
  readonly uuid: UUID;
  readonly repositories: Repositories;
  /** Throws `config` where the text does not parse. */
  readonly parse: (text: ByteString) => Expression;
}

/** The expression with every reference replaced. */
export function expandReferences(expression: Expression, options: ExpandOptions): Matcher<Term> {
  return mapTerms(expression, (term) => expandTerm(term, options, ['standard', 'groupwanted']));
}

/** The groups of a repository that a reference may mean; exactly one gives it a meaning. */
export function referredGroups(
  reference: Reference['reference'],
  { uuid, repositories }: Pick<ExpandOptions, 'uuid' | 'repositories'>,
): ByteString[] {
  const meanings = reference === 'standard' ? standardGroups : repositories.groupPreferred;
  return [...(repositories.groups.get(uuid) ?? [])].filter((group) => meanings.has(group));
}

function expandTerm(
  term: Term | Reference,
  options: ExpandOptions,
  allowed: readonly Reference['reference'][],
): Term {
  if (!('reference' in term)) return term;
  const expansion = allowed.includes(term.reference) ? expansionOf(term.reference, options) : undefined;
  if (expansion === undefined) return presentTerm(term.text);
  const nested = allowed.filter(
    (reference) => reference !== term.reference && term.reference === 'groupwanted',
  );
  return expandedTerm(
    term.text,
    mapTerms(options.parse(expansion), (inner) => expandTerm(inner, options, nested)),
  );
}

function expansionOf(reference: Reference['reference'], options: ExpandOptions): ByteString | undefined {
  const [group, ...more] = referredGroups(reference, options);
  if (group === undefined || more.length > 0) return undefined;
  return (reference === 'standard' ? standardGroups : options.repositories.groupPreferred).get(group);
}

function expandedTerm(text: ByteString, expansion: Matcher<Term>): ExpandedTerm {
  const inner = [...termsOf(expansion)].map(({ term }) => term);
  return {
    text,
    expansion,
    needs: inner.flatMap(({ needs }) => needs),
    groups: inner.flatMap(({ groups }) => groups),
    followsPresence: inner.some(({ followsPresence }) => followsPresence),
    judge: (situation: Situation) => judgeMatcher(expansion, (term) => term.judge(situation)),
  };
}

function mapTerms<From, To>(matcher: Matcher<From>, map: (term: From) => To): Matcher<To> {
  const mapOperand = (operand: Operand<From>): Operand<To> =>
    operand.type === 'term'
      ? { type: 'term', term: map(operand.term) }
      : { type: 'group', steps: mapTerms(operand.steps, map) };
  return matcher.map((step) => ({ ...step, operand: mapOperand(step.operand) }));
}
