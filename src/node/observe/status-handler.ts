/**
 * What people and programs look at:
 *
 *     GET /status     the status page, or the same as JSON with Accept: application/json
 *     GET /metrics    metrics for Prometheus
 *
 * Both name nodes and users' files, so who may look is asked first.
 */

import { emptyReply, type HttpHandler, type HttpReply, type RequestHead } from '../../p2p/http/message.ts';
import type { Clock } from '../../util/clock.ts';
import type { LiveState } from './live-state.ts';
import type { Metrics } from './metrics.ts';
import type { ObservedRepository } from './observed-repository.ts';
import { contentSecurityPolicy, statusPage } from './status-page.ts';
import { statusReport } from './status-report.ts';

/** Undefined where the one who asks may look, or the reply that says why not. */
export type MayLook = (request: RequestHead) => Promise<HttpReply | undefined>;

export interface StatusOptions {
  readonly state: LiveState;
  /** All that are open now. */
  readonly repositories: () => readonly ObservedRepository[];
  readonly connectionCount: () => number;
  readonly isClosing: () => boolean;
  readonly mayLook: MayLook;
  readonly version: string;
  readonly clock: Clock;
}

export function statusHandler(options: StatusOptions): HttpHandler {
  return looking('/status', options.mayLook, async (request) => {
    const { state, clock, version } = options;
    const repositories = options.repositories();
    await Promise.all(repositories.map((repository) => repository.look(state, lookLimitMs)));
    const report = statusReport({
      state,
      repositories,
      clock,
      version,
      connectionCount: options.connectionCount(),
      isClosing: options.isClosing(),
    });
    const always = ['Cache-Control', 'no-store', 'Vary', 'Accept', 'X-Content-Type-Options', 'nosniff'];
    if (wantsJSON(request)) {
      const headers = ['Content-Type', 'application/json; charset=utf-8', ...always];
      return { status: 200, headers, body: `${JSON.stringify(report, undefined, 2)}\n` };
    }
    const headers = ['Content-Type', 'text/html; charset=utf-8', ...always, ...pageHeaders];
    const refresh = !/(^|&)refresh=0(&|$)/.test(request.query);
    return { status: 200, headers, body: statusPage(report, { refresh }) };
  });
}

/** Sizes are brought up to date in the background, for the next one who asks. */
export function metricsHandler(
  metrics: Metrics,
  { repositories, state, mayLook }: Pick<StatusOptions, 'repositories' | 'state' | 'mayLook'>,
): HttpHandler {
  return looking('/metrics', mayLook, async () => {
    await Promise.all(repositories().map((repository) => repository.look(state, lookLimitMs)));
    return {
      status: 200,
      headers: ['Content-Type', metrics.contentType, 'Cache-Control', 'no-store'],
      body: await metrics.collect(),
    };
  });
}

function looking(
  path: string,
  mayLook: MayLook,
  answer: (request: RequestHead) => Promise<HttpReply>,
): HttpHandler {
  return (request) => {
    if (request.path !== path) return undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return Promise.resolve(emptyReply(405, ['Allow', 'GET, HEAD']));
    return mayLook(request).then((refusal) => refusal ?? answer(request));
  };
}

/** Browsers name HTML before anything else; programs that want JSON name nothing else. */
function wantsJSON(request: RequestHead): boolean {
  const accept = request.header('accept') ?? '';
  return accept.includes('application/json') && !accept.includes('text/html');
}

const pageHeaders = ['Content-Security-Policy', contentSecurityPolicy, 'Referrer-Policy', 'no-referrer'];
// Nodes that do not answer are shown as they were last known.
const lookLimitMs = 1000;
