import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';

test.each([
  ['5', 5],
  ['5s', 5],
  ['1h5m', 3900],
  ['1m1h', 3660],
  ['1d1d', 172_800],
  ['1y', 31_536_000],
  ['0s', 0],
])('%s is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(['', '1w', '1 h', '1H', '-1s', '1.5h', 'h'])('%j is refused', (text) => {
  expect(() => parseDuration(text)).toThrow(`failed to parse duration "${text}"`);
});
