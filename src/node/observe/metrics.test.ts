// Metrics out of events, read back as Prometheus reads them.
import { expect, test } from 'vitest';
import { nodeUUID } from '../../../test/support/gateway-bench.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { parseExposition, type Exposition } from '../../../test/support/prometheus-text.ts';
import { operationEvent, requestEvent, sampleTransfer } from '../../../test/support/sample-events.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { Event } from '../../types/event.ts';
import { LiveState } from './live-state.ts';
import { openMetrics } from './metrics.ts';

async function collected(...events: readonly Event[]): Promise<Exposition> {
  const state = new LiveState(new ManualClock());
  const metrics = openMetrics({ state, repositories: () => [], connectionCount: () => 3, version: '1"\\\n' });
  for (const event of events) {
    state.sink(event);
    metrics.sink(event);
  }
  return parseExposition(await metrics.collect());
}

test('requests are counted by class, method and status, with their bytes and durations', async () => {
  const found = await collected(
    { type: 'request-started', requestId: 'r-0', method: 'GET', path: '/' },
    { type: 'request-started', requestId: 'r-1', method: 'POST', path: '/' },
    requestEvent(),
    requestEvent({ status: 404, bytesIn: 50 }),
    requestEvent({ hungUp: true }),
    requestEvent({ method: 'BREW', path: `/anything/${'x'.repeat(1000)}` }),
    { type: 'request-failed', requestId: 'r-1', error: new Error('x') },
  );
  const check = { endpoint: 'checkpresent', method: 'POST' };
  expect(found.value('annexus_requests_total', { ...check, status: '200' })).toBe(1);
  expect(found.value('annexus_requests_total', { ...check, status: '404' })).toBe(1);
  expect(found.value('annexus_requests_total', { ...check, status: '499' })).toBe(1);
  expect(found.value('annexus_requests_total', { endpoint: 'other', method: 'other' })).toBe(1);
  expect(found.value('annexus_request_bytes_total', { endpoint: 'checkpresent', direction: 'in' })).toBe(650);
  expect(found.value('annexus_request_duration_seconds_count', { endpoint: 'checkpresent' })).toBe(3);
  expect(found.value('annexus_request_failures_total')).toBe(1);
  expect(found.value('annexus_connections')).toBe(3);
  expect(found.value('annexus_build_info', { version: '1"\\\n' })).toBe(1);
});

test('whatever clients send, there are no more than so many series', async () => {
  const events = Array.from({ length: 2000 }, (_, index) =>
    requestEvent({ path: `/${index}/git-annex/${index}/v4/${index}?key=${index}`, method: `M${index}` }),
  );
  const found = await collected(...events);
  expect(found.samples.filter(({ name }) => name === 'annexus_requests_total')).toHaveLength(1);
});

test('bytes of transfers are counted while they run, and once', async () => {
  const state = new LiveState(new ManualClock());
  const metrics = openMetrics({ state, repositories: () => [], connectionCount: () => 0, version: '1' });
  const transfer = { ...sampleTransfer(), movedBytes: 0 };
  const tell = (event: Event): void => {
    state.sink(event);
    metrics.sink(event);
  };
  const moved = async (): Promise<number> =>
    parseExposition(await metrics.collect()).sum('annexus_transfer_bytes_total', { direction: 'upload' });
  tell({ type: 'transfer-started', transfer });
  transfer.movedBytes = 300;
  expect(await moved()).toBe(300);
  expect(await moved()).toBe(300);
  expect(
    parseExposition(await metrics.collect()).value('annexus_transfers_running', { direction: 'upload' }),
  ).toBe(1);
  transfer.movedBytes = 1000;
  tell({ type: 'transfer-ended', transfer, outcome: 'done' });
  const found = parseExposition(await metrics.collect());
  expect(found.sum('annexus_transfer_bytes_total')).toBe(1000);
  expect(found.value('annexus_transfers_running', { direction: 'upload' })).toBe(0);
  expect(found.value('annexus_transfers_total', { node: nodeUUID(0), outcome: 'done' })).toBe(1);
});

test('a no is an answer, a failure is one, and who was asked in vain failed at nothing', async () => {
  const found = await collected(
    operationEvent(),
    operationEvent({ error: new AnnexError('peer', 'gone') }),
    operationEvent({ error: new AnnexError('peer', 'hung up'), aborted: true }),
    { type: 'node-failed', node: nodeUUID(0), operation: 'get', error: new Error('x') },
  );
  for (const outcome of ['answered', 'failed', 'aborted'])
    expect(found.value('annexus_node_operations_total', { outcome })).toBe(1);
  expect(found.value('annexus_node_failures_total', { node: nodeUUID(0) })).toBe(1);
});

test('the process and its event loop are among them, under names that promtool takes', async () => {
  const found = await collected();
  expect(found.value('nodejs_eventloop_lag_seconds')).toBeDefined();
  expect(found.value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  const badlyNamed = [...found.types].filter(
    ([name, type]) => name.endsWith('_total') !== (type === 'counter'),
  );
  expect(badlyNamed).toEqual([]);
});
