/**
 * The one table from what went wrong to an HTTP status; the body is the message. Parameters are read before anything is
 * asked of a Remote and answered 400 there (`badRequestReply`), so a protocol error that comes later is a node's fault.
 */

import { AnnexError, toAnnexError, type ErrorCode } from '../../types/annex-error.ts';
import type { Refused } from '../../remote/remote.ts';
import { textReply, type HttpReply } from './message.ts';
import { withoutPaths } from './without-paths.ts';

/** The reply to a request whose parameters could not be read: what was thrown, unless that is another matter. */
export function badRequestReply(caught: unknown): HttpReply {
  return caught instanceof AnnexError && caught.code === 'protocol'
    ? textReply(400, caught.message)
    : failureReply(caught);
}

/** The reply to a request whose handling threw. */
export function failureReply(caught: unknown): HttpReply {
  const error = toAnnexError(caught, 'request failed');
  return withRetryAfter(textReply(statusOf[error.code], withoutPaths(error.message)));
}

/** The reply to an upload that the Remote would not begin. */
export function refusedReply(refused: Refused): HttpReply {
  return withRetryAfter(textReply(statusOfRefusal[refused.code], withoutPaths(refused.reason)));
}

const statusOf: Readonly<Record<ErrorCode, number>> = {
  protocol: 502,
  framing: 502,
  access: 403,
  peer: 502,
  busy: 503,
  remote: 500,
  verification: 500,
  config: 500,
  invariant: 500,
};

const statusOfRefusal: Readonly<Record<Refused['code'], number>> = {
  access: 403,
  unavailable: 502,
  busy: 503,
  'no-space': 507,
  // Only `put` says from where it sends, and answers this with a value.
  behind: 409,
};

function withRetryAfter(reply: HttpReply): HttpReply {
  if (reply.status !== 503) return reply;
  return { ...reply, headers: [...reply.headers, 'Retry-After', retryAfterSeconds] };
}

// Another upload of the key is running; how long it takes nobody knows.
const retryAfterSeconds = '10';
