/**
 * Folds the words of a matching expression into a matcher, strictly from left to right: `and` and `or` bind equally.
 *
 *     a or b and c       (a or b) and c
 *     a b                a and b, at the top and in front of a group there
 *     a or               true: what is missing is anything
 *     (a (b or c))       (a and b) or c: inside parentheses a group without an operator goes on with what was before it
 *
 * git-annex folds expressions and the matching options of its command line (`--and --or --not -( -)`) alike, missing
 * and surplus parentheses included; what this makes of a list of tokens must be what git-annex makes of it.
 */

import { AnnexError } from '../types/annex-error.ts';

export type Token<T> =
  | { readonly type: 'open' | 'close' }
  | { readonly type: 'and' | 'or' | 'not' }
  | { readonly type: 'term'; readonly term: T };

/** Steps that each change the value so far, which begins as "anything" (true). No steps: anything, with nothing said. */
export type Matcher<T> = readonly Step<T>[];

export interface Step<T> {
  readonly join: 'and' | 'or';
  readonly negated: boolean;
  readonly operand: Operand<T>;
}

export type Operand<T> =
  | { readonly type: 'term'; readonly term: T }
  | { readonly type: 'group'; readonly steps: Matcher<T> };

/** Throws `config` where parentheses are nested deeper than anyone writes by hand. */
export function foldTokens<T>(tokens: Iterable<Token<T>>): Matcher<T> {
  const items = withImplicitAnd(groupTokens(tokens));
  const steps: Step<T>[] = [];
  fold(items, steps);
  return withoutAnything(steps);
}

type Item<T> =
  | { readonly type: 'and' | 'or' | 'not' }
  | { readonly type: 'term'; readonly term: T }
  | { readonly type: 'items'; readonly items: Item<T>[] };

/** A missing `)` is added at the end, one too many is passed over. */
function groupTokens<T>(tokens: Iterable<Token<T>>): Item<T>[] {
  const open: Item<T>[][] = [[]];
  for (const token of tokens) {
    switch (token.type) {
      case 'open': {
        if (open.length > maxNesting) throw tooDeep();
        const items: Item<T>[] = [];
        open.at(-1)?.push({ type: 'items', items });
        open.push(items);
        break;
      }
      case 'close':
        if (open.length > 1) open.pop();
        break;
      case 'and':
      case 'or':
      case 'not':
      case 'term':
        open.at(-1)?.push(token);
        break;
    }
  }
  return open[0] ?? [];
}

/** At the top only, as git-annex does it. */
function withImplicitAnd<T>(items: readonly Item<T>[]): Item<T>[] {
  return items.flatMap((item, index): Item<T>[] => {
    const before = items[index - 1];
    return before !== undefined && isOperand(before) && isOperand(item) ? [{ type: 'and' }, item] : [item];
  });
}

function isOperand(item: Item<unknown>): boolean {
  return item.type === 'term' || item.type === 'items';
}

function fold<T>(items: readonly Item<T>[], steps: Step<T>[]): void {
  let at = 0;
  while (at < items.length) {
    const item = items[at] as Item<T>;
    switch (item.type) {
      case 'and':
      case 'or':
      case 'not': {
        const { operand, end } = foldOperand(items, at + 1);
        if (item.type === 'not') steps.push({ ...spoken(operand), join: 'and', negated: !operand.negated });
        else steps.push({ ...operand, join: item.type });
        at = end;
        break;
      }
      case 'term':
        steps.push({ join: 'and', negated: false, operand: item });
        at++;
        break;
      case 'items':
        fold(item.items, steps);
        at++;
        break;
    }
  }
}

interface Folded<T> {
  readonly operand: Omit<Step<T>, 'join'>;
  readonly end: number;
}

/**
 * What stands after an operator: one item. A further operator there has "anything" on its left: `and` changes nothing, and
 * with `or` it is anything whatever comes, of which only the negations still matter (see `isUnstable`).
 */
function foldOperand<T>(items: readonly Item<T>[], start: number): Folded<T> {
  let negated = false;
  let isSpoken = false;
  let negatedBeforeOr: boolean | undefined;
  for (let at = start; ; at++) {
    const item = items[at];
    if (item?.type === 'and') continue;
    if (item?.type === 'not') [negated, isSpoken] = [!negated, true];
    else if (item?.type === 'or') {
      if (negatedBeforeOr === undefined) [negatedBeforeOr, negated] = [negated, false];
    } else {
      const plain = { negated, operand: toOperand(item) };
      const inner: Omit<Step<T>, 'join'> = isSpoken ? spoken(plain) : plain;
      const operand: Folded<T>['operand'] =
        negatedBeforeOr === undefined
          ? inner
          : { negated: negatedBeforeOr, operand: { type: 'group', steps: [{ join: 'or', ...inner }] } };
      return { operand, end: Math.min(at + 1, items.length) };
    }
  }
}

function toOperand<T>(item: Item<T> | undefined): Operand<T> {
  if (item?.type === 'term') return item;
  const steps: Step<T>[] = [];
  if (item?.type === 'items') fold(item.items, steps);
  return { type: 'group', steps: withoutAnything(steps) };
}

/** `not not` of nothing is true as well, but it says something: it is not left out. */
function spoken<T>(operand: Omit<Step<T>, 'join'>): Omit<Step<T>, 'join'> {
  if (operand.operand.type === 'term' || operand.operand.steps.length > 0) return operand;
  const steps: Matcher<T> = [{ join: 'or', negated: false, operand: operand.operand }];
  return { ...operand, operand: { type: 'group', steps } };
}

/** "x and anything" is x; so a matcher that says nothing has no steps. */
function withoutAnything<T>(steps: readonly Step<T>[]): Step<T>[] {
  return steps.filter(
    ({ join, negated, operand }) =>
      join === 'or' || negated || operand.type === 'term' || operand.steps.length > 0,
  );
}

function tooDeep(): AnnexError {
  return new AnnexError('config', `parentheses are nested more than ${maxNesting} deep`);
}

const maxNesting = 200;
