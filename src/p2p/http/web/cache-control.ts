/** Who may store a reply, and for how long. */

import type { Grant } from '../access.ts';
import type { RequestHead } from '../message.ts';

export interface Caching {
  readonly request: RequestHead;
  readonly grant: Grant;
  /** What this URL gives will never be other bytes. */
  readonly isFixed: boolean;
}

/** Shared caches may store what anyone is given, and was given without a word of who it is. */
export function cacheControl({ request, grant, isFixed }: Caching): string {
  const isAnyones =
    grant.user === undefined &&
    grant.isForRequestAlone !== true &&
    request.header('authorization') === undefined &&
    request.header('cookie') === undefined;
  return `${isAnyones ? 'public' : 'private'}, ${isFixed ? 'max-age=31536000, immutable' : 'no-cache'}`;
}
