/** How many things to do at once, as `annex.jobs` and options of that kind say it: a number from 1, or one for each core. */

import { availableParallelism } from 'node:os';
import type { ByteString } from '../../util/byte-string.ts';

export type Jobs = number | 'cpus';

/** Undefined where it is no such number. */
export function parseJobs(text: ByteString): Jobs | undefined {
  if (text === 'cpus') return 'cpus';
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

export function jobCount(jobs: Jobs | undefined): number | undefined {
  return jobs === 'cpus' ? availableParallelism() : jobs;
}
