/**
 * Pages of other origins (Fetch standard, "Origin header"): a browser that has a user's password for this server sends it
 * along with what any page makes it ask for, and only keeps the reply from the page. So what changes something is answered
 * to pages of this server and of named origins alone. Programs that are no browsers send no Origin.
 */

import type { RequestHead } from './message.ts';

/** @param origins as for `withCORS` */
export function isOfForeignPage(request: RequestHead, origins: readonly string[]): boolean {
  const origin = request.header('origin');
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return false;
  return !URL.canParse(origin) || new URL(origin).host !== request.header('host')?.toLowerCase();
}
