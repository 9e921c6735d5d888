/** Spans of time as git-annex reads them: `5m`, `1h5m`, `2d`, `1y`, and a number alone for seconds. */

import { AnnexError } from '../../types/annex-error.ts';

/** Seconds. Throws AnnexError('config') for what is no duration. */
export function parseDuration(text: string): number {
  if (!/^(\d+[smhdy])*(\d+[smhdy]?)$/.test(text)) {
    throw new AnnexError('config', `failed to parse duration "${text}" (expected eg "5m" or "1h5m")`);
  }
  let seconds = 0;
  for (const [, count, unit = 's'] of text.matchAll(/(\d+)([smhdy])?/g))
    seconds += Number(count) * (secondsOf[unit] ?? 1);
  return seconds;
}

const secondsOf: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  y: 31_536_000,
};
