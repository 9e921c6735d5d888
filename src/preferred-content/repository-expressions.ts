/** The expressions of each repository, parsed, with what they refer to, and in doubt what stands in for them. */

import { AnnexError } from '../types/annex-error.ts';
import type { UUID } from '../types/uuid.ts';
import type { ByteString } from '../util/byte-string.ts';
import { expandReferences } from './expand.ts';
import type { Matcher } from './fold-tokens.ts';
import { termsOf } from './judge.ts';
import { parseExpression, type Expression } from './parse-expression.ts';
import type { Repositories } from './repositories.ts';
import type { Term } from './term.ts';
import { presentTerm } from './terms/presence-terms.ts';

/** What a repository is judged by. */
export interface EffectiveExpression {
  /** Without steps where the repository has no expression. */
  readonly matcher: Matcher<Term>;
  /** Whether it never matches, since having the content would make it unwanted. */
  readonly isUnstable: boolean;
  /** Why `present` stands in for what was written. */
  readonly error?: AnnexError | undefined;
}

/** Parsed expressions by their text; those least recently parsed are forgotten when there are many. */
export class ParsedExpressions {
  readonly #parsed = new Map<ByteString, Expression | AnnexError>();

  /** Throws `config` as `parseExpression` does. */
  parse(text: ByteString): Expression {
    let parsed = this.#parsed.get(text);
    if (parsed === undefined) {
      parsed = tryParse(text);
      if (this.#parsed.size >= maxParsed) this.#parsed.delete(this.#parsed.keys().next().value ?? '');
      this.#parsed.set(text, parsed);
    }
    if (parsed instanceof AnnexError) throw parsed;
    return parsed;
  }
}

export class RepositoryExpressions {
  readonly repositories: Repositories;
  readonly #parsed: ParsedExpressions;
  readonly #wanted = new Map<UUID, EffectiveExpression>();
  readonly #required = new Map<UUID, EffectiveExpression>();

  constructor(repositories: Repositories, parsed: ParsedExpressions) {
    this.repositories = repositories;
    this.#parsed = parsed;
  }

  /** The preferred content, or what is required: both are wanted. */
  wanted(uuid: UUID): EffectiveExpression {
    const known = this.#wanted.get(uuid);
    if (known !== undefined) return known;
    const wanted = either(this.preferred(uuid), this.required(uuid));
    this.#wanted.set(uuid, wanted);
    return wanted;
  }

  preferred(uuid: UUID): EffectiveExpression {
    return this.#effective(uuid, this.repositories.preferred.get(uuid));
  }

  required(uuid: UUID): EffectiveExpression {
    const known = this.#required.get(uuid);
    if (known !== undefined) return known;
    const required = this.#effective(uuid, this.repositories.required.get(uuid));
    this.#required.set(uuid, required);
    return required;
  }

  #effective(uuid: UUID, text: ByteString | undefined): EffectiveExpression {
    if (text === undefined) return fromMatcher([]);
    try {
      const { repositories } = this;
      const parse = (inner: ByteString): Expression => this.#parsed.parse(inner);
      return fromMatcher(expandReferences(parse(text), { uuid, repositories, parse }));
    } catch (error) {
      if (!(error instanceof AnnexError) || error.code !== 'config') throw error;
      return notUnderstood(error);
    }
  }
}

function either(preferred: EffectiveExpression, required: EffectiveExpression): EffectiveExpression {
  const error = preferred.error ?? required.error;
  if (error !== undefined) return notUnderstood(error);
  if (required.matcher.length === 0) return preferred;
  if (preferred.matcher.length === 0) return required;
  return fromMatcher([
    { join: 'and', negated: false, operand: { type: 'group', steps: preferred.matcher } },
    { join: 'or', negated: false, operand: { type: 'group', steps: required.matcher } },
  ]);
}

function fromMatcher(matcher: Matcher<Term>): EffectiveExpression {
  const isUnstable = [...termsOf(matcher)].some(({ term, isNegated }) => isNegated && term.followsPresence);
  return { matcher, isUnstable };
}

function notUnderstood(error: AnnexError): EffectiveExpression {
  const term = presentTerm('present');
  return {
    matcher: [{ join: 'and', negated: false, operand: { type: 'term', term } }],
    isUnstable: false,
    error,
  };
}

function tryParse(text: ByteString): Expression | AnnexError {
  try {
    return parseExpression(text);
  } catch (error) {
    if (error instanceof AnnexError && error.code === 'config') return error;
    throw error;
  }
}

const maxParsed = 1000;
