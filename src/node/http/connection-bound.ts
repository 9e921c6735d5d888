/**
 * How many connections a server takes by itself: three quarters of the files that this process may have open, so that
 * there are some left for content, locks and programs however many clients come.
 */

import { readFileSync } from 'node:fs';

/** Infinity where the limit cannot be known. */
export function usualConnections(): number {
  const files = maxOpenFiles();
  return files === undefined ? Number.POSITIVE_INFINITY : Math.max(Math.floor(files * shareOfSockets), 1);
}

/** Node raises the soft limit to the hard one when it starts. */
function maxOpenFiles(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

const shareOfSockets = 0.75;
