/** Metrics of what is so now: asked for at each collection, so that what is no more has no value either. */

import { Gauge, type Registry } from 'prom-client';
import { byteStringToText } from '../../util/byte-string.ts';
import type { LiveState } from './live-state.ts';
import type { ObservedRepository } from './observed-repository.ts';

export interface Gathered {
  readonly state: LiveState;
  /** All that are open now. */
  readonly repositories: () => readonly ObservedRepository[];
  readonly connectionCount: () => number;
  readonly version: string;
}

export function gatherState(registry: Registry, gathered: Gathered): void {
  const { state } = gathered;
  gauge(registry, { name: 'annexus_requests_running', help: 'Requests that are being answered.' }, (set) =>
    set({}, state.runningRequests),
  );
  gauge(registry, { name: 'annexus_connections', help: 'Open connections of HTTP clients.' }, (set) =>
    set({}, gathered.connectionCount()),
  );
  gauge(
    registry,
    { name: 'annexus_locks_held', help: 'Content locks that clients took and that hold.' },
    (set) => set({}, state.locks.length),
  );
  gauge(
    registry,
    { name: 'annexus_build_info', help: 'Which Annexus it is; always 1.', labels: ['version', 'node'] },
    (set) => set({ version: gathered.version, node: process.version }, 1),
  );
  gauge(
    registry,
    {
      name: 'annexus_transfers_running',
      help: 'Content on its way to nodes and from them.',
      labels: ['direction'],
    },
    (set) => {
      const count = (direction: string): number =>
        state.transfers.filter((transfer) => transfer.direction === direction).length;
      for (const direction of ['upload', 'download']) set({ direction }, count(direction));
    },
  );
  gatherNodes(registry, gathered);
  gatherFullness(registry, gathered);
}

function gatherNodes(registry: Registry, { state, repositories }: Gathered): void {
  gauge(
    registry,
    {
      name: 'annexus_node_up',
      help: 'Whether a node answered when it was last asked: 1 or 0. None where nobody has asked it.',
      labels: ['repository', 'node', 'name'],
    },
    (set) => {
      for (const { host, name: repository } of repositories()) {
        for (const { node } of host.layout.nodes) {
          const uuid = node.gateway ?? node.remote.uuid;
          const { reachable } = state.health(uuid);
          if (reachable !== undefined)
            set({ repository, node: uuid, name: byteStringToText(node.name) }, Number(reachable));
        }
      }
    },
  );
}

function gatherFullness(registry: Registry, { repositories }: Gathered): void {
  const amounts = [
    ['annexus_node_used_bytes', 'Annexed content that the location logs have at a repository.', 'usedBytes'],
    ['annexus_node_reserved_bytes', 'Room that is kept for uploads on their way.', 'reservedBytes'],
    ['annexus_node_max_bytes', 'The limit of a repository by maxsize.log.', 'maxBytes'],
  ] as const;
  for (const [name, help, amount] of amounts) {
    gauge(registry, { name, help, labels: ['repository', 'node'] }, (set) => {
      for (const { name: repository, fullness } of repositories()) {
        for (const [node, found] of fullness.found) {
          const bytes = found[amount];
          if (bytes !== undefined) set({ repository, node }, Number(bytes));
        }
      }
    });
  }
}

type Set = (labels: Readonly<Record<string, string>>, value: number) => void;

interface Told {
  readonly name: string;
  readonly help: string;
  readonly labels?: string[];
}

function gauge(registry: Registry, { name, help, labels = [] }: Told, collect: (set: Set) => void): void {
  const told = new Gauge({
    name,
    help,
    labelNames: labels,
    registers: [],
    collect() {
      this.reset();
      collect((labelled, value) => this.set(labelled, value));
    },
  });
  registry.registerMetric(told);
}
