/**
 * Whether the server lives and whether it can work, for whoever watches over it:
 *
 *     GET /healthz   200 ok                                    the process answers; looks at nothing that could block
 *     GET /readyz    200 ready
 *                    503 closing                               it takes no new work
 *                    503 archive: the disk cannot be written to: EROFS …
 */

import { emptyReply, type HttpHandler, type HttpReply } from '../../p2p/http/message.ts';
import type { Clock } from '../../util/clock.ts';
import type { ObservedRepository } from './observed-repository.ts';

export interface HealthOptions {
  /** All that are open now. */
  readonly repositories: () => readonly ObservedRepository[];
  readonly isClosing: () => boolean;
  readonly clock: Clock;
}

export function healthHandler(options: HealthOptions): HttpHandler {
  const readiness = new Readiness(options);
  return ({ path, method }) => {
    if (path !== '/healthz' && path !== '/readyz') return undefined;
    if (method !== 'GET' && method !== 'HEAD')
      return Promise.resolve(emptyReply(405, ['Allow', 'GET, HEAD']));
    return path === '/healthz' ? Promise.resolve(plain(200, 'ok\n')) : readiness.answer();
  };
}

class Readiness {
  readonly #options: HealthOptions;
  #looking: Promise<readonly string[]> | undefined;
  #lookedSeconds = Number.NEGATIVE_INFINITY;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  async answer(): Promise<HttpReply> {
    if (this.#options.isClosing()) return plain(503, 'closing\n');
    const problems = await this.#problems();
    return problems.length === 0 ? plain(200, 'ready\n') : plain(503, `${problems.join('\n')}\n`);
  }

  /** Many who ask at once, or often, cost no more than one. */
  async #problems(): Promise<readonly string[]> {
    const nowSeconds = this.#options.clock.elapsedSeconds();
    if (this.#looking === undefined || nowSeconds - this.#lookedSeconds >= freshSeconds) {
      this.#lookedSeconds = nowSeconds;
      const all = this.#options.repositories().map((repository) => repository.problems(limitMs));
      this.#looking = Promise.all(all).then((found) => found.flat());
    }
    return await this.#looking;
  }
}

function plain(status: number, body: string): HttpReply {
  return { status, headers, body };
}

const headers = ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store'];
const freshSeconds = 1;
const limitMs = 2000;
