/**
 * All that looks at a server, put together: sinks of its events, and handlers for those who ask. Whoever composes a server
 * gives `events` and `traceOf` to what it opens, `handlers` to its listener, and tells of repositories as they come and go.
 */

import { isGranted, readAsker, type AccessPolicy, type Asker, type Verdict } from '../../p2p/http/access.ts';
import { badRequestReply } from '../../p2p/http/failure.ts';
import type { HttpHandler } from '../../p2p/http/message.ts';
import type { Event, EventSink } from '../../types/event.ts';
import type { TraceContext } from '../../types/trace-context.ts';
import type { Clock, Rng } from '../../util/clock.ts';
import { healthHandler } from './health.ts';
import { LiveState } from './live-state.ts';
import { ObservedRepository, type LookedAt } from './observed-repository.ts';
import { metricsHandler, statusHandler, type MayLook } from './status-handler.ts';
import { openTracing, type Tracing } from './tracing.ts';

export interface ObservatoryOptions {
  /** Where events are told: lines for people, lines for programs. */
  readonly logs: readonly EventSink[];
  /** Serves `/metrics`. */
  readonly metrics?: boolean | undefined;
  /** Serves `/status`. */
  readonly status?: boolean | undefined;
  readonly mayLook: MayLook;
  /** Of Annexus. */
  readonly version: string;
  readonly clock: Clock;
  readonly rng: Rng;
}

export class Observatory {
  /** The stream that everything of the server is to tell its events to. */
  readonly events: EventSink;
  readonly #handlers: HttpHandler[] = [];
  readonly #tracing: Tracing | undefined;
  readonly #clock: Clock;
  readonly #repositories = new Set<ObservedRepository>();
  #connectionCount: () => number = () => 0;
  #isClosing = false;

  static async open(options: ObservatoryOptions): Promise<Observatory> {
    const { clock, version, logs, mayLook } = options;
    const state = new LiveState(clock);
    const sinks: EventSink[] = [...logs, state.sink];
    const events = (event: Event): void => {
      for (const sink of sinks) sink(event);
    };
    const tracing = await openTracing({ ...options, events });
    if (tracing !== undefined) sinks.push(tracing.sink);
    const observatory = new Observatory({ clock, events, tracing });
    const looked = {
      state,
      version,
      clock,
      mayLook,
      repositories: () => observatory.repositories,
      connectionCount: () => observatory.#connectionCount(),
      isClosing: () => observatory.#isClosing,
    };
    observatory.#handlers.push(healthHandler(looked));
    if (options.metrics === true) {
      const { openMetrics } = await import('./metrics.ts');
      const metrics = openMetrics(looked);
      sinks.push(metrics.sink);
      observatory.#handlers.push(metricsHandler(metrics, looked));
    }
    if (options.status === true) observatory.#handlers.push(statusHandler(looked));
    return observatory;
  }

  private constructor(options: {
    readonly clock: Clock;
    readonly events: EventSink;
    readonly tracing: Tracing | undefined;
  }) {
    this.#clock = options.clock;
    this.events = options.events;
    this.#tracing = options.tracing;
  }

  /** `/healthz` and `/readyz`, and what else was asked for. */
  get handlers(): readonly HttpHandler[] {
    return this.#handlers;
  }

  /** Undefined where nobody collects traces. */
  get traceOf(): ((traceparent: string | undefined) => TraceContext) | undefined {
    const tracing = this.#tracing;
    return tracing && ((traceparent) => tracing.traceOf(traceparent));
  }

  get repositories(): readonly ObservedRepository[] {
    return [...this.#repositories];
  }

  /** A repository was opened. Returns what is to be called when it is let go of. */
  add(name: string, host: LookedAt): () => void {
    const repository = new ObservedRepository(name, host, this.#clock);
    this.#repositories.add(repository);
    return () => void this.#repositories.delete(repository);
  }

  /** The server listens. */
  listening(listener: { readonly connectionCount: number }): void {
    this.#connectionCount = () => listener.connectionCount;
  }

  /** The server takes no new work: from now on it is not ready. */
  closing(): void {
    this.#isClosing = true;
  }

  /** The server is closed. Resolves when what was gathered is handed over. */
  async close(): Promise<void> {
    await this.#tracing?.close();
  }
}

/** Who may read content may look. */
export function readersMayLook(access: AccessPolicy): MayLook {
  return mayLookBy((asker) => access.authorize(asker, 'read'), { takesTokens: false });
}

/** Whom `judge` grants it may look. */
export function mayLookBy(
  judge: (asker: Asker) => Verdict | Promise<Verdict>,
  options: { readonly takesTokens: boolean },
): MayLook {
  return async (request) => {
    try {
      const verdict = await judge(readAsker(request, options));
      return isGranted(verdict) ? undefined : verdict;
    } catch (error) {
      return badRequestReply(error);
    }
  };
}
