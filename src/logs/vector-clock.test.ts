// Clock texts are those that real git-annex was given and wrote back (see test/interop/logs.test.ts).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  advanceVectorClock,
  compareVectorClocks,
  formatVectorClock,
  laterVectorClock,
  parseVectorClock,
  vectorClockFromSeconds,
} from './vector-clock.ts';

function rewritten(text: string): string | undefined {
  const clock = parseVectorClock(text);
  return clock === undefined ? undefined : formatVectorClock(clock);
}

describe('parseVectorClock', () => {
  test.each([
    ['1', '1s'],
    ['1s', '1s'],
    ['+1s', '1s'],
    ['01s', '1s'],
    ['1.50', '1.5s'],
    ['1.0000000000001s', '1s'],
    ['1.123456789012945s', '1.123456789012s'],
    ['-1.1234567890129s', '-1.123456789012s'],
    ['12345678901234567890.5s', '12345678901234567890.5s'],
    ['-12.000s', '-12s'],
    ['0', '0s'],
    ['-0s', '0s'],
    ['-0.25s', '0.25s'],
  ])('%s is %s', (text, formatted) => {
    expect(rewritten(text)).toBe(formatted);
  });

  test.each([
    '',
    's',
    '.5s',
    '1.s',
    '1e3s',
    '1ss',
    '1.5.5s',
    '-.5s',
    '--1s',
    '- 1s',
    '1x',
    '5S',
    '1 s',
    ' 1s',
  ])('%j is none', (text) => {
    expect(parseVectorClock(text)).toBeUndefined();
  });

  test('is bounded', () => {
    expect(parseVectorClock('9'.repeat(41))).toBeUndefined();
    expect(parseVectorClock(`1.${'1'.repeat(5000)}s`)).toBeUndefined();
  });
});

test('formatting loses no picosecond', () => {
  const keepsItsText = (clock: bigint): void => {
    expect(parseVectorClock(formatVectorClock(clock))).toBe(clock);
  };
  const clocks = fc.bigInt({ min: 0n, max: 10n ** 30n });
  fc.assert(fc.property(clocks, keepsItsText));
  const before1970 = fc.bigInt({ min: -(10n ** 30n), max: -(10n ** 12n) });
  fc.assert(fc.property(before1970, keepsItsText));
});

test('seconds become exactly what they print as', () => {
  expect(formatVectorClock(vectorClockFromSeconds(1287290776.765152))).toBe('1287290776.765152s');
  expect(formatVectorClock(vectorClockFromSeconds(-5.5))).toBe('-5.5s');
  expect(formatVectorClock(vectorClockFromSeconds(1e-9))).toBe('0s');
  expect(() => vectorClockFromSeconds(Number.NaN)).toThrow('no time');
});

test('a change wins over what it replaces, by a second where the clock is behind', () => {
  const at = (text: string): bigint => parseVectorClock(text) ?? 0n;
  expect(formatVectorClock(advanceVectorClock(at('99999999999.25s'), at('5')))).toBe('100000000000.25s');
  expect(formatVectorClock(advanceVectorClock(at('5'), at('5')))).toBe('6s');
  expect(formatVectorClock(advanceVectorClock(at('4.9'), at('5')))).toBe('5s');
  expect(formatVectorClock(advanceVectorClock(undefined, at('-5')))).toBe('-5s');
});

test('an unknown clock comes first', () => {
  expect(compareVectorClocks(undefined, -1n)).toBe(-1);
  expect(compareVectorClocks(undefined, undefined)).toBe(0);
  expect(compareVectorClocks(2n, 1n)).toBe(1);
  expect(laterVectorClock(undefined, 1n)).toBe(1n);
  expect(laterVectorClock(3n, 2n)).toBe(3n);
});
