import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sameLineSet, unionMergeLines } from './union-merge.ts';

const content = fc
  .array(fc.constantFrom('a', 'b', '1s 1 x', '1s 0 x', '', 'ÿ'), { maxLength: 6 })
  .map((lines) => lines.map((line) => `${line}\n`).join(''));

describe('unionMergeLines', () => {
  test('gives the sorted set of all lines', () => {
    expect(unionMergeLines(['b\na\n', 'c\na', 'a\n'])).toBe('a\nb\nc\n');
    expect(unionMergeLines([])).toBe('');
    expect(unionMergeLines(['', ''])).toBe('');
  });

  test('sorts by bytes and keeps what is no line of a log', () => {
    expect(unionMergeLines(['ÿ\nz\n', 'Z\n\nx\r\n'])).toBe('\nZ\nx\r\nz\nÿ\n');
  });

  test('is commutative, associative and idempotent', () => {
    fc.assert(
      fc.property(content, content, content, (a, b, c) => {
        const left = unionMergeLines([unionMergeLines([a, b]), c]);
        expect(left).toBe(unionMergeLines([a, unionMergeLines([c, b])]));
        expect(left).toBe(unionMergeLines([c, b, a]));
        expect(unionMergeLines([left, a])).toBe(left);
      }),
    );
  });
});

test('sameLineSet looks at neither order nor number nor the last line feed', () => {
  expect(sameLineSet('b\na\nb\n', 'a\nb')).toBe(true);
  expect(sameLineSet('a\n', 'a\nb\n')).toBe(false);
  expect(sameLineSet('a\nc\n', 'a\nb\n')).toBe(false);
  fc.assert(
    fc.property(content, (a) => {
      expect(sameLineSet(a, unionMergeLines([a]))).toBe(true);
    }),
  );
});
