/** A gateway in memory for tests: nodes, a location log, a clock, and what happened. */

import { createHash } from 'node:crypto';
import { Cluster } from '../../src/gateway/cluster.ts';
import type { ClusterNode } from '../../src/gateway/cluster-node.ts';
import type { ClusterOptions } from '../../src/gateway/cluster-parts.ts';
import { LocationTracker } from '../../src/gateway/location-tracker.ts';
import { MemoryLocationLog } from '../../src/gateway/memory-location-log.ts';
import { NodeLoads } from '../../src/gateway/node-loads.ts';
import { placeWhereLacking, type Placement } from '../../src/gateway/placement.ts';
import { ProxiedRemote } from '../../src/gateway/proxied-remote.ts';
import { SharedUploads } from '../../src/gateway/shared-uploads.ts';
import type { Context, DigestFactory, Remote } from '../../src/remote/remote.ts';
import { FaultyRemote, type Fault, type FaultyStep } from '../../src/remote/faulty-remote.ts';
import { MemoryRemote } from '../../src/remote/memory-remote.ts';
import { backendOf } from '../../src/types/backend.ts';
import type { ClusterUUID } from '../../src/types/cluster-uuid.ts';
import type { Event } from '../../src/types/event.ts';
import { formatKey, keyName, keyVariety, type Key } from '../../src/types/key.ts';
import type { UUID } from '../../src/types/uuid.ts';
import type { Rng } from '../../src/util/clock.ts';
import { ManualClock } from './manual-clock.ts';

export const gatewayUUID = '00000000-0000-4000-8000-00000000000f' as UUID;
export const clusterUUID = 'ac000000-0000-8000-8000-000000000001' as ClusterUUID;

/** The UUID of a node, counting from 0. */
export function nodeUUID(index: number): UUID {
  return `00000000-0000-4000-8000-0000000001${String(index).padStart(2, '0')}` as UUID;
}

export function hashKey(content: Uint8Array): Key {
  return formatKey({
    variety: 'SHA256',
    sizeBytes: content.length,
    name: createHash('sha256').update(content).digest('hex'),
  });
}

export function unverifiableKey(name: string, sizeBytes: number | undefined): Key {
  return formatKey({ variety: 'WORM', sizeBytes, name });
}

/** Of SHA256 keys; others match all. */
export const makeDigest: DigestFactory = (key) => {
  if (backendOf(keyVariety(key)).hash !== 'SHA256') return { update: () => undefined, matches: () => true };
  const hash = createHash('sha256');
  let matches: boolean | undefined;
  return {
    update: (chunk) => void hash.update(chunk),
    matches: () => (matches ??= hash.digest('hex') === keyName(key)),
  };
};

/** The same numbers each time. */
export function seededRng(seed: number = 1): Rng {
  let state = seed >>> 0;
  return {
    bytes: (count) =>
      Uint8Array.from({ length: count }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state >>> 24;
      }),
  };
}

export function contextOf(
  signal: AbortSignal = new AbortController().signal,
  bypass: readonly UUID[] = [],
): Context {
  const clientUUID = '22222222-2222-4222-8222-222222222222' as UUID;
  return { clientUUID, bypass, requestId: 'test', signal };
}

export class GatewayBench {
  readonly clock: ManualClock = new ManualClock();
  readonly log: MemoryLocationLog = new MemoryLocationLog();
  readonly tracker: LocationTracker = new LocationTracker(this.log, gatewayUUID);
  readonly loads: NodeLoads = new NodeLoads(this.clock);
  readonly uploads: SharedUploads = new SharedUploads();
  readonly events: Event[] = [];
  readonly #memories: MemoryRemote[] = [];
  readonly report = (event: Event): void => void this.events.push(event);

  memory(
    index: number,
    options: { readonly local?: boolean; readonly capacityBytes?: number } = {},
  ): MemoryRemote {
    const memory = new MemoryRemote({
      uuid: nodeUUID(index),
      clock: this.clock,
      makeDigest,
      capacityBytes: options.capacityBytes,
      traits: { kind: 'repository', local: options.local ?? true },
    });
    this.#memories.push(memory);
    return memory;
  }

  /** Downloads from its nodes that were neither drained nor let go of. */
  get openDownloads(): number {
    return this.#memories.reduce((sum, memory) => sum + memory.openDownloads, 0);
  }

  proxied(remote: Remote, placement: Placement = placeWhereLacking): ProxiedRemote {
    const { tracker, clock, report, loads } = this;
    return new ProxiedRemote({ remote, tracker, clock, report, placement, loads });
  }

  node(remote: Remote, options: Partial<ClusterNode> = {}): ClusterNode {
    return { remote, name: `n${remote.uuid.slice(-2)}`, cost: 100, ...options };
  }

  cluster(nodes: readonly ClusterNode[], options: Partial<ClusterOptions> = {}): Cluster {
    return new Cluster({
      uuid: clusterUUID,
      gatewayUUID,
      nodes,
      tracker: this.tracker,
      clock: this.clock,
      rng: seededRng(),
      makeDigest,
      placement: placeWhereLacking,
      report: this.report,
      loads: this.loads,
      uploads: this.uploads,
      ...options,
    });
  }

  /** The repositories that the log has, sorted. */
  async logged(key: Key): Promise<readonly UUID[]> {
    return [...(await this.log.locations(key))].sort();
  }

  failedNodes(): readonly UUID[] {
    return this.events.flatMap((event) => (event.type === 'node-failed' ? [event.node] : []));
  }
}

export interface FaultyCluster {
  readonly bench: GatewayBench;
  readonly memory: readonly MemoryRemote[];
  readonly cluster: Cluster;
}

/** Three nodes, with the faults that are named: `{ 1: { send: { type: 'throw' } } }`. */
export function faultyCluster(
  faults: Record<number, Partial<Record<FaultyStep, Fault>>> = {},
  local: boolean = true,
): FaultyCluster {
  const bench = new GatewayBench();
  const memory = [0, 1, 2].map((index) => bench.memory(index, { local }));
  const remotes = memory.map((remote, index): Remote => {
    const own = faults[index];
    return own === undefined ? remote : new FaultyRemote(remote, (step) => own[step]);
  });
  return { bench, memory, cluster: bench.cluster(remotes.map((remote) => bench.node(remote))) };
}

/** A placement that names nodes by their number: all of `chosen`, and one of `spare` for each that fails. */
export function placeByNumber(chosen: readonly number[], spare: readonly number[]): Placement {
  const choose: Placement['choose'] = ({ nodes }) => {
    const numbered = (numbers: readonly number[]): ClusterNode[] =>
      numbers.flatMap((number) => nodes[number] ?? []);
    const left = numbered(spare);
    return Promise.resolve({
      chosen: numbered(chosen),
      full: [],
      instead: (failed) => Promise.resolve(left.splice(0, failed.length)),
      end: () => undefined,
    });
  };
  return { ...placeWhereLacking, choose };
}
