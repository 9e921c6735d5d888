/** Keys that a gateway cannot keep track of: no log of theirs can be written, so no content of theirs may be stored. */

import { isLoggable } from '../logs/branch-path.ts';
import type { Refused } from '../remote/remote.ts';
import type { Key } from '../types/key.ts';

/** Undefined for all others. */
export function refuseUnloggable(key: Key): Refused | undefined {
  if (isLoggable(key)) return undefined;
  return {
    type: 'refused',
    code: 'unavailable',
    reason: `the name of ${key} is longer than one that can be logged`,
  };
}
