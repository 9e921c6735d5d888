/**
 * Cross-origin requests (Fetch standard, "CORS protocol"): lets pages of named origins read replies. Credentials are those
 * that the page sends along itself in Authorization; cookies mean nothing here, so none are allowed.
 */

import { emptyReply, type HttpHandler, type HttpReply, type HttpRequest } from './message.ts';

/** @param origins such as `https://example.org`; `*` is any */
export function withCORS(handler: HttpHandler, origins: readonly string[]): HttpHandler {
  const allowed = new Set(origins);
  return (request) => {
    const origin = request.header('origin');
    const isAllowed = origin !== undefined && (allowed.has('*') || allowed.has(origin));
    if (isPreflight(request)) {
      return Promise.resolve(isAllowed ? withHeaders(preflight, origin) : emptyReply(403));
    }
    const reply = handler(request);
    return reply?.then((given) => (isAllowed ? withHeaders(given, origin) : withVary(given)));
  };
}

function isPreflight(request: HttpRequest): boolean {
  return request.method === 'OPTIONS' && request.header('access-control-request-method') !== undefined;
}

function withHeaders(reply: HttpReply, origin: string): HttpReply {
  const allow = ['Access-Control-Allow-Origin', origin, 'Access-Control-Expose-Headers', exposedHeaders];
  return withVary({ ...reply, headers: [...reply.headers, ...allow] });
}

/** A cache must not give one origin what was meant for another. */
function withVary(reply: HttpReply): HttpReply {
  return { ...reply, headers: [...reply.headers, 'Vary', 'Origin'] };
}

const exposedHeaders =
  'Content-Length, Content-Range, Accept-Ranges, ETag, Retry-After, WWW-Authenticate, X-Git-Annex-Data-Length, X-Request-Id';

const allowedHeaders =
  'Authorization, Content-Type, If-None-Match, If-Range, Range, X-Git-Annex-Data-Length, X-Request-Id, Traceparent';

const preflight: HttpReply = emptyReply(204, [
  'Access-Control-Allow-Methods',
  'GET, HEAD, POST',
  'Access-Control-Allow-Headers',
  allowedHeaders,
  'Access-Control-Max-Age',
  '600',
]);
