// Traces through two servers, received by a collector: a span for the request, one for the node that was asked, and the
// node's own server asked in the same trace.
import { afterEach, expect, test, vi } from 'vitest';
import { annexPath, keyOf, serveMemory, serverUUID, until } from '../../../test/support/annex-server.ts';
import { attribute, startOTLPReceiver } from '../../../test/support/otlp-receiver.ts';
import { requestEvent } from '../../../test/support/sample-events.ts';
import { ObservedRemote } from '../../gateway/observed-remote.ts';
import { parseAnnexUrl, type AnnexUrl } from '../../p2p/http/client/annex-url.ts';
import type { Event } from '../../types/event.ts';
import { newTrace } from '../../types/trace-context.ts';
import { systemClock, systemRng } from '../clock.ts';
import { openHttpRemote } from '../http/client/open-http-remote.ts';
import { openTracing } from './tracing.ts';

const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

function openOptions(events: (event: Event) => void = () => undefined): Parameters<typeof openTracing>[0] {
  return { rng: systemRng, version: '1.2.3', events };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a request, the node that it asks, and the server behind are one trace', async () => {
  await using collector = await startOTLPReceiver();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.endpoint);
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-tenant=lab');
  vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment=test');
  const tracing = await openTracing(openOptions());
  if (tracing === undefined) throw new Error('no traces');
  const seen: (string | undefined)[] = [];
  await using back = await serveMemory({
    traceOf: (traceparent) => {
      seen.push(traceparent);
      return undefined;
    },
  });
  const url = parseAnnexUrl(`annex+http://127.0.0.1:${back.port}/git-annex/`) as AnnexUrl;
  const node = openHttpRemote({ url, uuid: serverUUID, clock: systemClock });
  const observed = new ObservedRemote(node, { clock: systemClock, rng: systemRng, report: tracing.sink });
  await using front = await serveMemory({
    traceOf: (traceparent) => tracing.traceOf(traceparent),
    events: tracing.sink,
    over: () => ({ checkPresent: (key, context) => observed.checkPresent(key, context) }),
  });
  const path = annexPath('checkpresent', `key=${keyOf('x')}`);
  const ask = async (headers: Record<string, string>): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${front.port}${path}`, { method: 'POST', headers });
    expect(await answer.json()).toEqual({ present: false });
  };
  await ask({ traceparent: parent });
  await ask({});
  await ask({ traceparent: parent.replace(/01$/, '00') });
  node.close();
  await front.listener.close({ limitMs: 0 });
  await tracing.close();
  expect(collector.spans).toHaveLength(4);
  const traced = collector.spans.filter(({ traceId }) => traceId === '4bf92f3577b34da6a3ce929d0e0e4736');
  const request = traced.find(({ name }) => name === 'POST checkpresent');
  const operation = traced.find(({ name }) => name === 'node checkpresent');
  expect(request).toMatchObject({ parentSpanId: '00f067aa0ba902b7', kind: 2 });
  expect(operation).toMatchObject({ parentSpanId: request?.spanId, kind: 3 });
  expect(attribute(request?.attributes ?? [], 'http.response.status_code')).toBe(200);
  expect(attribute(operation?.attributes ?? [], 'annexus.node')).toBe(serverUUID);
  expect(attribute(operation?.attributes ?? [], 'annexus.request.id')).toBe(
    attribute(request?.attributes ?? [], 'annexus.request.id'),
  );
  expect(Number(operation?.endTimeUnixNano)).toBeGreaterThanOrEqual(Number(operation?.startTimeUnixNano));
  // The node's server was asked in the trace, also where that is not wanted: that is for the next one to know.
  expect(seen[0]).toBe(`00-${operation?.traceId}-${operation?.spanId}-01`);
  expect(seen.at(-1)).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00$/);
  // A request without a trace begins one.
  const own = collector.spans.filter(({ traceId }) => traceId !== '4bf92f3577b34da6a3ce929d0e0e4736');
  expect(new Set(own.map(({ traceId }) => traceId)).size).toBe(1);
  expect(own.filter(({ parentSpanId }) => parentSpanId === undefined || parentSpanId === '')).toHaveLength(1);
  expect(collector.headers[0]?.['x-tenant']).toBe('lab');
  const [resource = []] = collector.resources;
  expect(attribute(resource, 'service.name')).toBe('annexus');
  expect(attribute(resource, 'service.version')).toBe('1.2.3');
  expect(attribute(resource, 'deployment.environment')).toBe('test');
});

test('a collector that is not there is told of, and closing does not wait for it', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:9');
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '300');
  const events: Event[] = [];
  const tracing = await openTracing(openOptions((event) => events.push(event)));
  tracing?.sink(requestEvent({ trace: newTrace(true, systemRng) }));
  await tracing?.close();
  await until(() => events.length > 0);
  expect(events[0]).toMatchObject({ type: 'warning' });
});

test('nothing is traced where no collector is named, or traces are off', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', undefined);
  expect(await openTracing(openOptions())).toBeUndefined();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:9');
  vi.stubEnv('OTEL_SDK_DISABLED', 'true');
  expect(await openTracing(openOptions())).toBeUndefined();
  vi.stubEnv('OTEL_SDK_DISABLED', undefined);
  vi.stubEnv('OTEL_TRACES_EXPORTER', 'none');
  expect(await openTracing(openOptions())).toBeUndefined();
});

test.each([
  ['always_off', undefined, 0],
  ['parentbased_traceidratio', '0', 0],
  ['traceidratio', '1', 200],
  [undefined, undefined, 200],
])('of requests without a trace the sampler %s %s takes', async (sampler, argument, expected) => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:9');
  vi.stubEnv('OTEL_TRACES_SAMPLER', sampler);
  vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', argument);
  const tracing = await openTracing(openOptions());
  const traces = Array.from({ length: 200 }, () => tracing?.traceOf(undefined));
  expect(traces.filter((trace) => trace?.sampled === true)).toHaveLength(expected);
  expect(tracing?.traceOf(parent).sampled).toBe(true);
  await tracing?.close();
});
