/**
 * The ids of requests, by which a log line, a trace and what a client was shown are found to be one: unlike those of any
 * other start of the server, short, and in order.
 */

import { randomBytes } from 'node:crypto';

/** @returns a maker of ids such as `k3v9x0qd-1f` */
export function requestIds(): () => string {
  const start = randomBytes(5).readUIntBE(0, 5).toString(36).padStart(8, '0');
  let counter = 0;
  return () => `${start}-${(++counter).toString(36)}`;
}

/** An id that was given by someone trusted; undefined where it could be taken for something else in a line of a log. */
export function saneRequestId(given: string | undefined): string | undefined {
  return given !== undefined && /^[A-Za-z0-9][A-Za-z0-9._:+/=-]{0,127}$/.test(given) ? given : undefined;
}
