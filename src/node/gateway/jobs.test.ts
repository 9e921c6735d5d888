import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { jobCount, parseJobs } from './jobs.ts';

test('a number from 1, or one for each core', () => {
  expect(['1', '40', 'cpus', '0', '-1', '1.5', 'x', ''].map(parseJobs)).toEqual([
    1,
    40,
    'cpus',
    ...Array.from({ length: 5 }, () => undefined),
  ]);
  expect(jobCount('cpus')).toBe(availableParallelism());
  expect(jobCount(3)).toBe(3);
  expect(jobCount(undefined)).toBeUndefined();
});
