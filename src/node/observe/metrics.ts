/**
 * Metrics for Prometheus, by prom-client. Labels have few values, whatever clients do: classes of endpoints, nodes of the
 * configuration, outcomes; no key, no path, no user. Loaded only where it is asked for.
 */

import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { Event, EventSink, NodeOperation, RequestEnded, Transfer } from '../../types/event.ts';
import { endpointClass } from './endpoint-class.ts';
import { gatherState, type Gathered } from './state-metrics.ts';

export interface Metrics {
  readonly sink: EventSink;
  readonly contentType: string;
  /** All of them, in the text format of Prometheus. */
  collect(): Promise<string>;
}

/** @param gathered what is asked for when somebody collects */
export function openMetrics(gathered: Gathered): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Their names say that they only grow, which they do not: promtool complains of them.
  for (const what of ['handles', 'requests', 'resources'])
    registry.removeSingleMetric(`nodejs_active_${what}_total`);
  const sinks = [requestMetrics(registry), transferMetrics(registry), nodeMetrics(registry), other(registry)];
  gatherState(registry, gathered);
  return {
    sink: (event) => {
      for (const sink of sinks) sink(event);
    },
    contentType: registry.contentType,
    collect: () => registry.metrics(),
  };
}

function requestMetrics(registry: Registry): EventSink {
  const registers = [registry];
  const requests = new Counter({
    name: 'annexus_requests_total',
    help: 'Requests that are over, by class of endpoint; status 499 where the client went away before.',
    labelNames: ['endpoint', 'method', 'status'],
    registers,
  });
  const duration = new Histogram({
    name: 'annexus_request_duration_seconds',
    help: 'From the head of a request to the last byte of its answer. Transfers are among them, and locks that are kept.',
    labelNames: ['endpoint'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
    registers,
  });
  const bytes = new Counter({
    name: 'annexus_request_bytes_total',
    help: 'Bytes of requests (in) and answers (out) that are over, heads included.',
    labelNames: ['endpoint', 'direction'],
    registers,
  });
  const failures = new Counter({
    name: 'annexus_request_failures_total',
    help: 'Requests whose work failed, over HTTP, ssh and P2P addresses.',
    registers,
  });
  return (event) => {
    if (event.type === 'request-failed') failures.inc();
    if (event.type !== 'request') return;
    const endpoint = endpointClass(event.path);
    requests.inc({ endpoint, method: methodOf(event), status: event.hungUp ? 499 : event.status });
    duration.observe({ endpoint }, event.durationMs / 1000);
    bytes.inc({ endpoint, direction: 'in' }, Math.max(0, event.bytesIn));
    bytes.inc({ endpoint, direction: 'out' }, Math.max(0, event.bytesOut));
  };
}

function methodOf({ method }: RequestEnded): string {
  return methods.has(method) ? method : 'other';
}

function transferMetrics(registry: Registry): EventSink {
  const registers = [registry];
  const transfers = new Counter({
    name: 'annexus_transfers_total',
    help: 'Content that went to a node (upload) or came from it (download), by how it ended.',
    labelNames: ['node', 'direction', 'outcome'],
    registers,
  });
  /** Running ones, with how much of them is counted. */
  const running = new Map<Transfer, number>();
  const bytes = new Counter({
    name: 'annexus_transfer_bytes_total',
    help: 'Bytes of content that went to nodes and came from them, those of running transfers included.',
    labelNames: ['node', 'direction'],
    registers,
    collect: () => {
      for (const transfer of running.keys()) count(transfer);
    },
  });
  const count = (transfer: Transfer): void => {
    const { node, direction, movedBytes } = transfer;
    bytes.inc({ node, direction }, movedBytes - (running.get(transfer) ?? 0));
    running.set(transfer, movedBytes);
  };
  return (event) => {
    if (event.type === 'transfer-started') running.set(event.transfer, 0);
    if (event.type !== 'transfer-ended') return;
    const { transfer, outcome } = event;
    count(transfer);
    running.delete(transfer);
    transfers.inc({ node: transfer.node, direction: transfer.direction, outcome });
  };
}

function nodeMetrics(registry: Registry): EventSink {
  const registers = [registry];
  const operations = new Counter({
    name: 'annexus_node_operations_total',
    help: 'Questions to nodes and to the repository itself. A no is an answer, and no failure.',
    labelNames: ['node', 'operation', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'annexus_node_operation_duration_seconds',
    help: 'How long nodes took; get and put until their last byte.',
    labelNames: ['operation'],
    buckets: [0.0005, 0.002, 0.01, 0.05, 0.2, 1, 5, 30, 300],
    registers,
  });
  const failures = new Counter({
    name: 'annexus_node_failures_total',
    help: 'Parts of a node in the work of a cluster that failed or were refused, which another may have done.',
    labelNames: ['node'],
    registers,
  });
  return (event) => {
    if (event.type === 'node-failed') failures.inc({ node: event.node });
    if (event.type !== 'node-operation') return;
    const { node, operation, durationMs } = event;
    operations.inc({ node, operation, outcome: outcomeOf(event) });
    duration.observe({ operation }, durationMs / 1000);
  };
}

function outcomeOf({ error, aborted }: NodeOperation): string {
  if (aborted) return 'aborted';
  return error === undefined ? 'answered' : 'failed';
}

function other(registry: Registry): EventSink {
  const counters = new Map<Event['type'], Counter>();
  const count = (type: Event['type'], name: string, help: string): void => {
    counters.set(type, new Counter({ name, help, registers: [registry] }));
  };
  count('branch-committed', 'annexus_branch_commits_total', 'Commits to git-annex branches.');
  count('branch-merged', 'annexus_branch_merges_total', 'Merges of what was pushed into git-annex branches.');
  count('stored', 'annexus_stored_keys_total', 'Keys that were stored through the gateway.');
  count('removed', 'annexus_removed_keys_total', 'Keys that were removed through the gateway.');
  count('warning', 'annexus_warnings_total', 'Warnings to the operator.');
  return (event) => counters.get(event.type)?.inc();
}

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);
