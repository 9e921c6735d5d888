// The lines are ones that real git-annex was made to read, and rewrote as is expected here.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rawValue, type LogEntry } from './keyed-log.ts';
import { changeMapLog, formatMapLog, parseMapLog } from './map-log.ts';

function rewritten(content: string): string {
  return formatMapLog(parseMapLog(content, rawValue), rawValue);
}

test.each([
  ['0 a x', '0s a x'],
  ['-1s b x', '-1s b x'],
  ['1.50s e x', '1.5s e x'],
  ['5s g a b', '5s g a b'],
  ['5s h  a b', '5s h  a b'],
  ['5s j ', '5s j '],
  ['5s  l x', '5s  l x'],
  ['5s m\tx y', '5s m\tx y'],
])('%j is written back as %j', (line, expected) => {
  expect(rewritten(`${line}\n`)).toBe(`${expected}\n`);
});

test.each(['1x f x', '5s i', '5s\tk x', 'a', '', ' 5s a x'])('%j is no line', (line) => {
  expect(rewritten(`${line}\n`)).toBe('');
});

test('the later of two lines at one time wins', () => {
  expect(rewritten('5s n 1\n5s n 99\n5s n 3\n4s n 7\n')).toBe('5s n 3\n');
});

test('a change beats what was there by a second', () => {
  const change = { field: 'baz', value: 'include=z', now: 1_000_000_000_000_000n, format: rawValue };
  expect(changeMapLog('5s z a\n99999999999s baz x\n99999999999s baz y\n', change)).toBe(
    '100000000000s baz include=z\n5s z a\n',
  );
});

test('what is written is read back', () => {
  const entry: fc.Arbitrary<LogEntry<string>> = fc.record({
    clock: fc.bigInt({ min: 0n, max: 10n ** 24n }),
    value: fc.string({ unit: fc.constantFrom('a', ' ', '\t', 'ü') }),
  });
  const field = fc.string({ unit: fc.constantFrom('a', 'b', '-', '\t') });
  fc.assert(
    fc.property(fc.dictionary(field, entry), (entries) => {
      const log = new Map(Object.entries(entries));
      expect(parseMapLog(formatMapLog(log, rawValue), rawValue)).toEqual(log);
    }),
  );
});
