// What real git-annex printed for each of these numcopies.log.
import { expect, test } from 'vitest';
import { changeCopiesLog, parseCopiesLog } from './copies-log.ts';

test.each([
  ['0', 1],
  ['-3', 1],
  ['x', 3],
  ['5x', 5],
  [' 5', 5],
  ['05', 5],
  ['+5', 3],
  ['5 6', 5],
  ['5.5', 3],
  ['5e2', 3],
  ['5e-1', 3],
  ['5.', 5],
  ['5.0', 3],
  ['0x10', 16],
  ['0o17', 15],
  ['(5)', 5],
  ['5)', 5],
  ['(5', 3],
  ['- 5', 1],
  ['1_0', 1],
])('after 3, %j is %d copies', (text, copies) => {
  expect(parseCopiesLog(`7s 3\n8s ${text}\n`)).toBe(copies);
});

test('the greatest number of one time counts', () => {
  expect(parseCopiesLog('5s 2\n7s 3\n7s 10\n7s 9\n')).toBe(10);
  expect(parseCopiesLog('')).toBeUndefined();
  expect(parseCopiesLog('7s \n8s\n 9s 3\n')).toBeUndefined();
});

test('a change leaves one line, a second later than a clock that is ahead', () => {
  expect(changeCopiesLog('5s 2\n', { copies: 4, nowSeconds: 1000 })).toBe('1000s 4\n');
  expect(changeCopiesLog('99999999999.5s 2\n', { copies: 4, nowSeconds: 1000 })).toBe('100000000000.5s 4\n');
  expect(() => changeCopiesLog('', { copies: 0, nowSeconds: 1 })).toThrow('number of copies');
});
