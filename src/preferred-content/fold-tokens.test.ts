import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldTokens, type Token } from './fold-tokens.ts';
import { judgeMatcher, termsOf } from './judge.ts';
import type { Judgement } from './term.ts';

// Every row was checked against git-annex: T, F and U are terms that are true, false and not known.
const rows: readonly (readonly [string, Judgement])[] = [
  ['T', true],
  ['F', false],
  ['T or T and F', false],
  ['F and T or T', true],
  ['T T F', false],
  ['not F or T', true],
  ['not T or F', false],
  ['not not T', true],
  ['F or', true],
  ['or F', true],
  ['F and', false],
  ['not', false],
  ['not (T', false],
  ['not ()', false],
  ['F )', false],
  ['( F ( F or T ) )', true],
  ['F ( F or T )', false],
  ['( F and ( F or T ) )', false],
  ['F and or F', false],
  ['T and or F', true],
  ['T and not or F', false],
  ['T and U', undefined],
  ['F and U', false],
  ['U and F', false],
  ['T or U', true],
  ['U or T', true],
  ['not U', undefined],
  ['U or F', undefined],
];

// Checked as well: nothing else in these but "anything", and git-annex finds that out only in simple cases.
const nothing = [
  '() and () and ()',
  '(and) and ()',
  'and (and)',
  '() and and',
  '( ( and ) and )',
  'and and ) and',
];
const something = ['(and) and (and)', '() ) ) ( ) and and ) ()', '() () and and ()', '( and and ) and and'];

describe('foldTokens', () => {
  test.each(rows)('"%s" is %s', (text, value) => {
    expect(judge(text)).toBe(value);
  });

  test.each(['', '()', '( ( ) )', 'and', ') )', '() ()', 'and and', 'and and and', ...nothing])(
    '"%s" says nothing',
    (text) => {
      expect(foldTokens(tokens(text))).toEqual([]);
    },
  );

  test.each([
    'or',
    'not',
    'not ()',
    'not not',
    'not not (',
    '( not not',
    'and not not ()',
    'T',
    ...something,
  ])('"%s" says something', (text) => {
    expect(foldTokens(tokens(text))).not.toEqual([]);
  });

  test('folds as the definition says', () => {
    const word = fc.constantFrom('and', 'or', 'not', '(', ')', 'T', 'F', 'T', 'F');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 14 }), (words) => {
        expect(judge(words.join(' '))).toBe(valueOf(define(words.join(' '))));
      }),
    );
  });

  test('says nothing where the definition has nothing left', () => {
    const word = fc.constantFrom('and', '(', ')', 'and', '(', ')', 'not', 'or', 'T');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 14 }), (words) => {
        const says = foldTokens(tokens(words.join(' '))).length > 0;
        expect(says).toBe(simplify(define(words.join(' '))) !== 'anything');
      }),
      { numRuns: 2000 },
    );
  });

  test('long and deep expressions neither overflow nor take for ever', () => {
    expect(judge('T and '.repeat(100_000) + 'F')).toBe(false);
    expect(judge('not '.repeat(100_000) + 'F')).toBe(false);
    expect(judge('F and ' + 'or '.repeat(100_000) + 'F')).toBe(false);
    expect(() => foldTokens(tokens('( '.repeat(100_000)))).toThrow('nested more than');
  });

  test('terms know whether they are negated', () => {
    const terms = [...termsOf(foldTokens(tokens('T and not ( T or not F ) or not not T')))];
    expect(terms.map(({ term, isNegated }) => `${isNegated ? '-' : '+'}${term}`)).toEqual([
      '+T',
      '-T',
      '+F',
      '+T',
    ]);
  });
});

function tokens(text: string): Token<string>[] {
  const operators = { and: 'and', or: 'or', not: 'not', '(': 'open', ')': 'close' } as const;
  return (text.match(/[()]|[^\s()]+/g) ?? []).map((word) =>
    word in operators ? { type: operators[word as keyof typeof operators] } : { type: 'term', term: word },
  );
}

function judge(text: string): Judgement {
  return judgeMatcher(foldTokens(tokens(text)), (term) => ({ T: true, F: false })[term]);
}

type Item = string | Item[];

type Tree = 'anything' | 'T' | 'F' | readonly ['not', Tree] | readonly ['and' | 'or', Tree, Tree];

/** The definition, word by word: what was so far and the next item. */
function define(text: string): Tree {
  const open: Item[][] = [[]];
  for (const word of text.match(/\S+/g) ?? []) {
    if (word === '(') {
      const group: Item[] = [];
      open.at(-1)?.push(group);
      open.push(group);
    } else if (word !== ')') open.at(-1)?.push(word);
    else if (open.length > 1) open.pop();
  }
  const isTerm = (item: Item | undefined): boolean =>
    item !== undefined && !['and', 'or', 'not'].includes(item as string);
  const top = (open[0] ?? []).flatMap((item, index, all) =>
    isTerm(item) && isTerm(all[index - 1]) ? ['and', item] : [item],
  );
  return foldAll('anything', top);
}

function foldAll(tree: Tree, items: readonly Item[]): Tree {
  let [current, rest] = [tree, items];
  while (rest.length > 0) [current, rest] = foldOne(current, rest);
  return current;
}

function foldOne(tree: Tree, [item, ...rest]: readonly Item[]): [Tree, readonly Item[]] {
  if (item === undefined) return [tree, []];
  if (Array.isArray(item)) return [foldAll(tree, item), rest];
  if (item === 'T' || item === 'F') return [['and', tree, item], rest];
  const [operand, after] = foldOne('anything', rest);
  if (item === 'not') return [['and', tree, ['not', operand]], after];
  return [[item === 'or' ? 'or' : 'and', tree, operand], after];
}

/** Once, from the top. */
function simplify(tree: Tree): Tree {
  if (typeof tree === 'string' || tree[0] === 'not') return tree;
  const [join, left, right] = tree;
  if (join === 'or') return tree;
  if (left === 'anything') return simplify(right);
  if (right === 'anything') return simplify(left);
  return ['and', simplify(left), simplify(right)];
}

function valueOf(tree: Tree): boolean {
  if (typeof tree === 'string') return tree !== 'F';
  if (tree[0] === 'not') return !valueOf(tree[1]);
  const [join, left, right] = tree;
  return join === 'or' ? valueOf(left) || valueOf(right) : valueOf(left) && valueOf(right);
}
