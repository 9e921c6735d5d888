/**
 * Traces for OpenTelemetry, where its environment variables name a collector: a span for each request, and one for each
 * question that it asks of nodes. Which trace a request belongs to is known from its beginning (`traceparent`), so that
 * nodes behind annex+http are asked in it; spans are made from events when they are over.
 *
 * The SDK is loaded only where a collector is named.
 */

import { childTrace, newTrace, parseTraceparent, type TraceContext } from '../../types/trace-context.ts';
import type { EventSink } from '../../types/event.ts';
import type { Rng } from '../../util/clock.ts';

export interface Tracing {
  readonly sink: EventSink;
  /** The span of a request that came with this `traceparent`. */
  traceOf(traceparent: string | undefined): TraceContext;
  /** Resolves when the collector has what is left, or did not take it. */
  close(): Promise<void>;
}

export interface TracingOptions {
  readonly rng: Rng;
  readonly version: string;
  /** Told where the collector takes nothing. */
  readonly events: EventSink;
}

/** Undefined where no collector is named. The SDK reads its variables from the process by itself. */
export async function openTracing(options: TracingOptions): Promise<Tracing | undefined> {
  const { rng } = options;
  const environment = process.env;
  if (!isConfigured(environment)) return undefined;
  const { openSpanExport } = await import('./span-export.ts');
  const exported = openSpanExport(options);
  const wants = rootSampler(environment, rng);
  return {
    sink: exported.sink,
    close: () => exported.close(),
    traceOf(traceparent) {
      const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
      return parent === undefined ? newTrace(wants(), rng) : childTrace(parent, rng);
    },
  };
}

function isConfigured(environment: NodeJS.ProcessEnv): boolean {
  const isNamed =
    Boolean(environment['OTEL_EXPORTER_OTLP_ENDPOINT']) ||
    Boolean(environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
  const isOff =
    environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' ||
    environment['OTEL_TRACES_EXPORTER'] === 'none';
  return isNamed && !isOff;
}

/** Of requests that come without a trace. Those that come with one are sampled where it is. */
function rootSampler(environment: NodeJS.ProcessEnv, rng: Rng): () => boolean {
  const name = environment['OTEL_TRACES_SAMPLER'] ?? '';
  if (name.endsWith('always_off')) return () => false;
  if (!name.endsWith('traceidratio')) return () => true;
  const ratio = Number(environment['OTEL_TRACES_SAMPLER_ARG'] ?? '1');
  return () => {
    const [high = 0, low = 0] = rng.bytes(2);
    return (high * 256 + low) / 65_536 < ratio;
  };
}
