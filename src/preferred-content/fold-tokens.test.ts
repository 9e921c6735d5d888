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

describe('foldTokens', () => {
  test.each(rows)('"%s" is %s', (text, value) => {
    expect(judge(text)).toBe(value);
  });

  test.each(['', '()', '( ( ) )', 'and', ') )', '() ()', 'and and'])('"%s" says nothing', (text) => {
    expect(foldTokens(tokens(text))).toEqual([]);
  });

  test.each(['or', 'not', 'not ()', 'not not', 'not not (', '( not not', 'and not not ()', 'T'])(
    '"%s" says something',
    (text) => {
      expect(foldTokens(tokens(text))).not.toEqual([]);
    },
  );

  test('folds as the definition says', () => {
    const word = fc.constantFrom('and', 'or', 'not', '(', ')', 'T', 'F', 'T', 'F');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 14 }), (words) => {
        expect(judge(words.join(' '))).toBe(define(words.join(' ')));
      }),
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

/** The definition, word by word: what was so far and the next item. */
function define(text: string): boolean {
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
  return foldAll(true, top);
}

function foldAll(value: boolean, items: readonly Item[]): boolean {
  let [current, rest] = [value, items];
  while (rest.length > 0) [current, rest] = foldOne(current, rest);
  return current;
}

function foldOne(value: boolean, [item, ...rest]: readonly Item[]): [boolean, readonly Item[]] {
  if (item === undefined) return [value, []];
  if (Array.isArray(item)) return [foldAll(value, item), rest];
  if (item === 'T' || item === 'F') return [value && item === 'T', rest];
  const [operand, after] = foldOne(true, rest);
  if (item === 'or') return [value || operand, after];
  return [value && (item === 'not' ? !operand : operand), after];
}
