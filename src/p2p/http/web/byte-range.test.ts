import { expect, test } from 'vitest';
import { readRange } from './byte-range.ts';

test.each([
  ['bytes=0-0', { start: 0, end: 1 }],
  ['bytes=0-', { start: 0, end: 10 }],
  ['bytes=3-5', { start: 3, end: 6 }],
  ['bytes=3-99', { start: 3, end: 10 }],
  ['bytes=9-', { start: 9, end: 10 }],
  ['BYTES= 2-3 ', { start: 2, end: 4 }],
  ['bytes=-3', { start: 7, end: 10 }],
  ['bytes=-99', { start: 0, end: 10 }],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=10-20', 'unsatisfiable'],
  ['bytes=5-3', undefined],
  ['bytes=-', undefined],
  ['bytes=', undefined],
  ['bytes=0-1,3-4', undefined],
  ['bytes=1', undefined],
  ['bytes=0x1-2', undefined],
  ['bytes=1-2x', undefined],
  ['bytes=--1', undefined],
  ['bytes=99999999999999999999-', undefined],
  ['lines=0-1', undefined],
  ['', undefined],
] as const)('%s of ten bytes', (header, range) => {
  expect(readRange(header, 10)).toEqual(range);
});

test('nothing of an empty file can be asked for', () => {
  expect(['bytes=0-', 'bytes=-1'].map((header) => readRange(header, 0))).toEqual([
    'unsatisfiable',
    'unsatisfiable',
  ]);
});
