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
  const folded: Folded<T> = { steps: [], rest: 'nothing' };
  fold(withImplicitAnd(groupTokens(tokens)), folded);
  if (folded.rest !== 'something') return [];
  const steps = withoutAnything(folded.steps);
  return steps.length > 0 ? steps : [{ join: 'or', negated: false, operand: { type: 'group', steps } }];
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

interface Folded<T> {
  readonly steps: Step<T>[];
  rest: Rest;
}

/**
 * What git-annex's simplification leaves of a matcher, and so whether it says anything. It goes once from the top to the
 * bottom and leaves out a side of an `and` that is nothing before it is simplified itself:
 *
 *     nothing     nothing stood there: `()`
 *     collapsing  nothing and nothing: `(and)`, which is nothing only after it was simplified
 *     something   all else, also two that collapse: `(and) and (and)`
 */
type Rest = 'nothing' | 'collapsing' | 'something';

function restOfAnd(left: Rest, right: Rest): Rest {
  if (left === 'nothing') return right === 'nothing' ? 'collapsing' : right;
  return right === 'nothing' ? left : 'something';
}

function fold<T>(items: readonly Item<T>[], folded: Folded<T>): void {
  const { steps } = folded;
  let at = 0;
  while (at < items.length) {
    const item = items[at] as Item<T>;
    switch (item.type) {
      case 'and':
      case 'or':
      case 'not': {
        const { operand, rest, end } = foldOperand(items, at + 1);
        if (item.type === 'not') steps.push({ ...operand, join: 'and', negated: !operand.negated });
        else steps.push({ ...operand, join: item.type });
        folded.rest = item.type === 'and' ? restOfAnd(folded.rest, rest) : 'something';
        at = end;
        break;
      }
      case 'term':
        steps.push({ join: 'and', negated: false, operand: item });
        folded.rest = 'something';
        at++;
        break;
      case 'items':
        fold(item.items, folded);
        at++;
        break;
    }
  }
}

interface FoldedOperand<T> {
  readonly operand: Omit<Step<T>, 'join'>;
  readonly rest: Rest;
  readonly end: number;
}

/**
 * What stands after an operator: one item. A further operator there has "anything" on its left: `and` changes nothing, and
 * with `or` it is anything whatever comes, of which only the negations still matter (see `isUnstable`).
 */
function foldOperand<T>(items: readonly Item<T>[], start: number): FoldedOperand<T> {
  let negated = false;
  let negatedBeforeOr: boolean | undefined;
  for (let at = start; ; at++) {
    const item = items[at];
    if (item?.type === 'and') continue;
    if (item?.type === 'not') negated = !negated;
    else if (item?.type === 'or') {
      if (negatedBeforeOr === undefined) [negatedBeforeOr, negated] = [negated, false];
    } else {
      const { operand, rest: ownRest } = toOperand(item);
      const plain = { negated, operand };
      const isOnlyAnds = items.slice(start, at).every(({ type }) => type === 'and');
      const rest = at === start ? ownRest : isOnlyAnds ? restOfAnd('nothing', ownRest) : 'something';
      const whole: FoldedOperand<T>['operand'] =
        negatedBeforeOr === undefined
          ? plain
          : { negated: negatedBeforeOr, operand: { type: 'group', steps: [{ join: 'or', ...plain }] } };
      return { operand: whole, rest, end: Math.min(at + 1, items.length) };
    }
  }
}

function toOperand<T>(item: Item<T> | undefined): { readonly operand: Operand<T>; readonly rest: Rest } {
  if (item?.type === 'term') return { operand: item, rest: 'something' };
  const folded: Folded<T> = { steps: [], rest: 'nothing' };
  if (item?.type === 'items') fold(item.items, folded);
  return { operand: { type: 'group', steps: withoutAnything(folded.steps) }, rest: folded.rest };
}

/** "x and anything" is x. */
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
