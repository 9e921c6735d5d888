// The lines are ones that real git-annex was made to read, and rewrote as is expected here.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rawValue, type LogEntry } from './keyed-log.ts';
import { changeOldUUIDLog, formatOldUUIDLog, parseOldUUIDLog } from './old-uuid-log.ts';

function rewritten(content: string): string {
  return formatOldUUIDLog(parseOldUUIDLog(content, rawValue), rawValue);
}

test.each([
  ['u1 no time stamp', 'u1 no time stamp'],
  ['u2 a  b\t c timestamp=20', 'u2 a  b\t c timestamp=20s'],
  ['u3', 'u3 '],
  ['u4 ', 'u4 '],
  ['u5 timestamp=5s', 'u5  timestamp=5s'],
  ['u6 timestamp=5s timestamp=6s', 'u6 timestamp=5s timestamp=6s'],
  ['u7 foo timestamp=bad', 'u7 foo timestamp=bad'],
  ['u8 foo timestamp=1.50s ', 'u8 foo timestamp=1.50s '],
  ['u9  lead timestamp=3s', 'u9  lead timestamp=3s'],
  ['u10 trail  timestamp=3s', 'u10 trail  timestamp=3s'],
  ['u11 x timestamp=-3s', 'u11 x timestamp=-3s'],
  ['u12\ttab timestamp=5s', 'u12\ttab  timestamp=5s'],
  ['u13 x\ttimestamp=1s', 'u13 x\ttimestamp=1s'],
  ['u14 timestampx=4s', 'u14 timestampx=4s'],
  ['u15 timestamp=7s x', 'u15 timestamp=7s x'],
  ['u16 timestamp=', 'u16 timestamp='],
])('%j is written back as %j', (line, expected) => {
  expect(rewritten(`${line}\n`)).toBe(`${expected}\n`);
});

test('a line without a UUID is none', () => {
  expect(rewritten('\n x timestamp=4s\n')).toBe('');
});

test('any time stamp beats none, and the later of two equal lines wins', () => {
  expect(rewritten('u dup\nu dup3 timestamp=-9s\nu dup2\n')).toBe('u dup3 timestamp=-9s\n');
  expect(rewritten('u x timestamp=9s\nu y timestamp=9s\nu z timestamp=8s\n')).toBe('u y timestamp=9s\n');
  expect(rewritten('u x\nu y\n')).toBe('u y\n');
});

test('a change keeps the others and sorts', () => {
  const change = { field: 'u2', value: 'new', now: 5_000_000_000_000n, format: rawValue };
  expect(changeOldUUIDLog('u3 x\nu2 old timestamp=7s\nu1 y timestamp=9s\n', change)).toBe(
    'u1 y timestamp=9s\nu2 new timestamp=8s\nu3 x\n',
  );
});

test('what is written is read back', () => {
  // A value without a time stamp that ends like one would be read as having one: no writer makes such a line.
  const entry: fc.Arbitrary<LogEntry<string>> = fc.record({
    clock: fc.bigInt({ min: 0n, max: 10n ** 24n }),
    value: fc.string({ unit: fc.constantFrom('a', ' ', '\t', '=', 'timestamp=1s', 'ü'), maxLength: 8 }),
  });
  const field = fc.string({ unit: fc.constantFrom('a', 'b', '-', '\t'), minLength: 1 });
  fc.assert(
    fc.property(fc.dictionary(field, entry), (entries) => {
      const log = new Map(Object.entries(entries));
      expect(parseOldUUIDLog(formatOldUUIDLog(log, rawValue), rawValue)).toEqual(log);
    }),
  );
});
