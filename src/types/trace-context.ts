/**
 * W3C Trace Context: which trace a request belongs to, as the header `traceparent` has it.
 *
 *     traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *
 * A trace context names one span, the work that is going on; whatever it asks of others is a child of it.
 */

import type { Rng } from '../util/clock.ts';

export interface TraceContext {
  /** 32 lower case hexadecimal digits. */
  readonly traceId: string;
  /** 16 of them. */
  readonly spanId: string;
  /** The span that this one is a part of; undefined for the first of a trace. */
  readonly parentSpanId: string | undefined;
  /** Whether the trace is wanted. One that is not is passed on all the same. */
  readonly sampled: boolean;
}

/** The span that a `traceparent` names; undefined for what is none. */
export function parseTraceparent(header: string): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest = ''] = traceparent.exec(header) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== '')) return undefined;
  if (isZero(traceId) || isZero(spanId)) return undefined;
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId, parentSpanId: undefined, sampled };
}

export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** A new span of the same trace. */
export function childTrace(parent: TraceContext, rng: Rng): TraceContext {
  const { traceId, spanId, sampled } = parent;
  return { traceId, spanId: randomHex(8, rng), parentSpanId: spanId, sampled };
}

/** The first span of a new trace. */
export function newTrace(sampled: boolean, rng: Rng): TraceContext {
  return { traceId: randomHex(16, rng), spanId: randomHex(8, rng), parentSpanId: undefined, sampled };
}

function randomHex(count: number, rng: Rng): string {
  let text = '';
  for (const byte of rng.bytes(count)) text += byte.toString(16).padStart(2, '0');
  // All zeros would mean that there is none.
  return isZero(text) ? `${text.slice(1)}1` : text;
}

function isZero(text: string): boolean {
  return /^0*$/.test(text);
}

const traceparent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
