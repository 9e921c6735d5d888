/**
 * ANNEXUS_TEST_LIMITS, for tests that cannot wait for the real times: `lock=20 stall=2 patience=5 idle=1`, in seconds, any of them.
 * In earnest it must not be set: a client drops its own copy because a lock here holds for ten minutes.
 */

import { AnnexError } from '../types/annex-error.ts';
import { usualLimits, type TimeLimits } from '../types/time-limits.ts';

/** Throws AnnexError('config') for what is none of these. */
export function testLimits(env: Readonly<Record<string, string | undefined>>): TimeLimits {
  const limits = { ...usualLimits };
  for (const word of (env[variable] ?? '').split(' ')) {
    if (word === '') continue;
    const [, name, seconds] = /^(lock|stall|patience|idle)=(\d{1,6}(?:\.\d{1,3})?)$/.exec(word) ?? [];
    if (name === undefined) throw new AnnexError('config', `${variable} has ${word}, which is no limit`);
    limits[`${name as 'lock' | 'stall' | 'patience' | 'idle'}Ms`] = Number(seconds) * 1000;
  }
  return limits;
}

const variable = 'ANNEXUS_TEST_LIMITS';
