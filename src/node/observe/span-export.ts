/**
 * Events as spans, sent to an OpenTelemetry collector (OTLP over HTTP, as JSON) in batches by its SDK: endpoint, headers,
 * timeout and compression as its environment variables say. What the collector does not take is dropped past a limit.
 */

import {
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Attributes,
  type HrTime,
  type SpanContext,
  type SpanStatus,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import { byteStringToText } from '../../util/byte-string.ts';
import type { Event, EventSink, NodeOperation, RequestEnded } from '../../types/event.ts';
import type { TraceContext } from '../../types/trace-context.ts';
import { endpointClass } from './endpoint-class.ts';

export interface SpanExportOptions {
  readonly version: string;
  readonly events: EventSink;
}

export interface SpanExport {
  readonly sink: EventSink;
  readonly close: () => Promise<void>;
}

export function openSpanExport({ version, events }: SpanExportOptions): SpanExport {
  const processor = new BatchSpanProcessor({ exporter: telling(new OTLPTraceExporter(), events) });
  // What the environment says of the service counts more.
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'annexus', 'service.version': version }))
    .merge(detectResources({ detectors: [envDetector] }));
  const common = { resource, instrumentationScope: { name: 'annexus', version } };
  return {
    sink: (event) => {
      const span = spanOf(event);
      if (span !== undefined) processor.onEnd({ ...span, ...common });
    },
    close: async () => {
      await processor.shutdown().catch(() => undefined);
    },
  };
}

type Span = Omit<ReadableSpan, 'resource' | 'instrumentationScope'>;

function spanOf(event: Event): Span | undefined {
  if (event.type === 'request' && event.trace?.sampled === true) return requestSpan(event, event.trace);
  if (event.type === 'node-operation' && event.trace?.sampled === true)
    return operationSpan(event, event.trace);
  return undefined;
}

function requestSpan(event: RequestEnded, trace: TraceContext): Span {
  const question = event.path.indexOf('?');
  const endpoint = endpointClass(event.path);
  return newSpan(event, trace, {
    name: `${event.method} ${endpoint}`,
    kind: SpanKind.SERVER,
    status: event.status >= 500 ? { code: SpanStatusCode.ERROR } : unset,
    attributes: present({
      'http.request.method': event.method,
      'http.response.status_code': event.status,
      'http.route': endpoint,
      'url.path': question === -1 ? event.path : event.path.slice(0, question),
      'client.address': event.address,
      'enduser.id': event.user === undefined ? undefined : byteStringToText(event.user),
      'annexus.request.id': event.requestId,
      'annexus.repository': event.repository,
      'annexus.bytes.in': event.bytesIn,
      'annexus.bytes.out': event.bytesOut,
    }),
  });
}

function operationSpan(event: NodeOperation, trace: TraceContext): Span {
  const { error, aborted, node, operation, requestId } = event;
  const message = error instanceof Error ? error.message : String(error);
  return newSpan(event, trace, {
    name: `node ${operation}`,
    kind: SpanKind.CLIENT,
    status: error === undefined || aborted ? unset : { code: SpanStatusCode.ERROR, message },
    attributes: { 'annexus.node': node, 'annexus.request.id': requestId, 'annexus.aborted': aborted },
  });
}

interface About {
  readonly name: string;
  readonly kind: SpanKind;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
}

function newSpan(
  { startedMs, durationMs }: { readonly startedMs: number; readonly durationMs: number },
  trace: TraceContext,
  about: About,
): Span {
  const { parentSpanId } = trace;
  const parent = parentSpanId === undefined ? {} : { parentSpanContext: contextOf(trace, parentSpanId) };
  return {
    ...about,
    ...parent,
    spanContext: () => contextOf(trace, trace.spanId),
    startTime: hrTime(startedMs),
    endTime: hrTime(startedMs + durationMs),
    duration: hrTime(durationMs),
    ended: true,
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function contextOf({ traceId }: TraceContext, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

function present(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

/** An exporter whose failures are told; the SDK keeps them to itself. */
function telling(exporter: SpanExporter, events: EventSink): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error !== undefined)
          events({ type: 'warning', message: `traces cannot be sent: ${result.error.message}` });
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}

const unset: SpanStatus = { code: SpanStatusCode.UNSET };
