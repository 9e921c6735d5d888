/** The time that changes to the git-annex branch are stamped with. Source: interop reference §3.2. */

import { AnnexError } from '../../types/annex-error.ts';
import type { Clock } from '../../util/clock.ts';

/**
 * Whole seconds since the epoch, which pack better; or what GIT_ANNEX_VECTOR_CLOCK says.
 * Throws AnnexError('config') where that is no number.
 */
export function vectorClockSeconds(clock: Clock): number {
  const given = process.env['GIT_ANNEX_VECTOR_CLOCK'];
  if (given === undefined || given === '') return Math.floor(clock.now() / 1000);
  const seconds = Number(given.replace(/s$/, ''));
  if (!Number.isFinite(seconds)) {
    throw new AnnexError('config', `GIT_ANNEX_VECTOR_CLOCK is no number: ${given}`);
  }
  return seconds;
}
