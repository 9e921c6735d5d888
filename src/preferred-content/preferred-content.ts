/**
 * What repositories want to have: judges their preferred and required content expressions for a key.
 *
 * An expression that does not parse keeps what is there and gets nothing, since a newer git-annex may have written it.
 * One that is unstable (`not present`) never matches.
 */

import type { UUID } from '../types/uuid.ts';
import { canTake } from './balanced.ts';
import { explainJudgement, type Explanation } from './explain.ts';
import { judgeMatcher, termsOf } from './judge.ts';
import { findProblems, type Problem } from './problems.ts';
import type { Repositories } from './repositories.ts';
import {
  ParsedExpressions,
  RepositoryExpressions,
  type EffectiveExpression,
} from './repository-expressions.ts';
import type { Subject, SubjectNeed } from './subject.ts';
import type { Judgement, Situation } from './term.ts';

export interface Verdict {
  /** Undefined where it depends on what is not known. */
  readonly value: Judgement;
  /** What decided. Works it out when asked. */
  explain(): Explanation;
}

export interface WantedOptions {
  /** The answer where the repository has no expression. */
  readonly otherwise: boolean;
}

export interface WantsGetOptions extends WantedOptions {
  /** Repositories that were just decided to get the key: as if they had it. Their sizes have it counted already. */
  readonly decided?: ReadonlySet<UUID> | undefined;
}

export class PreferredContent {
  readonly repositories: Repositories;
  readonly #expressions: RepositoryExpressions;

  /** `parsed` keeps expressions from one state of the repositories to the next. */
  constructor(repositories: Repositories, parsed: ParsedExpressions = new ParsedExpressions()) {
    this.repositories = repositories;
    this.#expressions = new RepositoryExpressions(repositories, parsed);
  }

  /** What must be read of a key before these repositories can be judged for it. */
  needs(uuids: Iterable<UUID>): ReadonlySet<SubjectNeed> {
    const needs = new Set<SubjectNeed>();
    for (const uuid of uuids) {
      // What is required is wanted as well, unless one of the two does not parse.
      for (const expression of [this.#expressions.wanted(uuid), this.#expressions.required(uuid)])
        for (const { term } of termsOf(expression.matcher)) for (const need of term.needs) needs.add(need);
    }
    return needs;
  }

  /** Whether the repository wants to have the key, whether or not it has it. */
  wantsGet(uuid: UUID, subject: Subject, { otherwise, decided }: WantsGetOptions): Verdict {
    const locations = decided === undefined ? subject.locations : new Set([...subject.locations, ...decided]);
    const situation = { ...this.#situation(uuid, subject), locations };
    return verdict(this.#expressions.wanted(uuid), situation, { otherwise, isDrop: false });
  }

  /**
   * Whether the repository does not want to keep the key: it would not want it if it had lost it. For one file; other files
   * may use the key as well, and may be wanted. `otherwise` is the answer for a repository without an expression.
   */
  wantsDrop(uuid: UUID, subject: Subject, { otherwise }: WantedOptions): Verdict {
    const situation = { ...this.#situation(uuid, subject), assumeAbsent: new Set([uuid]) };
    return verdict(this.#expressions.wanted(uuid), situation, { otherwise, isDrop: true });
  }

  /** Whether the repository must not lose the key. A removal counts what is not known as a yes. */
  requires(uuid: UUID, subject: Subject): Verdict {
    const situation = { ...this.#situation(uuid, subject), assumeAbsent: new Set([uuid]) };
    return verdict(this.#expressions.required(uuid), situation, { otherwise: false, isDrop: false });
  }

  /** Whether the repository has room for the key, by its maximum size. */
  fits(uuid: UUID, { key, locations }: Pick<Subject, 'key' | 'locations'>): boolean {
    return canTake(uuid, { key, locations, repositories: this.repositories });
  }

  /** What is wrong or doubtful with the expressions of a repository, for people. */
  problems(uuid: UUID): readonly Problem[] {
    return findProblems(uuid, this.#expressions);
  }

  #situation(uuid: UUID, subject: Subject): Situation {
    return {
      uuid,
      subject,
      locations: subject.locations,
      assumeAbsent: new Set(),
      repositories: this.repositories,
    };
  }
}

function verdict(
  expression: EffectiveExpression,
  situation: Situation,
  { otherwise, isDrop }: { readonly otherwise: boolean; readonly isDrop: boolean },
): Verdict {
  const explain = (): Explanation => explainJudgement(expression, situation);
  if (expression.matcher.length === 0) return { value: otherwise, explain };
  const matches = expression.isUnstable
    ? false
    : judgeMatcher(expression.matcher, (term) => term.judge(situation));
  return { value: isDrop && matches !== undefined ? !matches : matches, explain };
}
