/** What the status page shows, as data: what `Accept: application/json` gets. Names and units are part of the API. */

import { byteStringToText, compareByteStrings } from '../../util/byte-string.ts';
import { shownText } from '../../types/event-fields.ts';
import type { HeldLock, Transfer } from '../../types/event.ts';
import type { UUID } from '../../types/uuid.ts';
import type { LaidNode } from '../../gateway/gateway.ts';
import type { Clock } from '../../util/clock.ts';
import type { Fullness } from './fullness.ts';
import type { LiveState, NodeFailure } from './live-state.ts';
import type { ObservedRepository } from './observed-repository.ts';

export interface StatusReport {
  readonly version: string;
  readonly nodeVersion: string;
  /** ISO 8601, as all times. */
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly closing: boolean;
  readonly connections: number;
  readonly runningRequests: number;
  readonly repositories: readonly RepositoryReport[];
  /** The first of those that run; `transferCount` says how many there are. */
  readonly transfers: readonly TransferReport[];
  readonly transferCount: number;
  readonly locks: readonly LockReport[];
  readonly lockCount: number;
}

export interface RepositoryReport extends SizeReport {
  readonly name: string;
  readonly uuid: string;
  readonly description?: string | undefined;
  readonly clusters: readonly { readonly name: string; readonly uuid: string }[];
  readonly nodes: readonly NodeReport[];
  /** Why sizes are not known. */
  readonly sizeProblem?: string | undefined;
}

export interface NodeReport extends SizeReport {
  readonly name: string;
  readonly uuid: string;
  readonly description?: string | undefined;
  readonly cost: number;
  /** By name. */
  readonly clusters: readonly string[];
  /** Undefined where nobody has asked it anything. */
  readonly reachable?: boolean | undefined;
  readonly lastFailure?:
    | { readonly at: string; readonly operation: string; readonly message: string }
    | undefined;
  readonly runningTransfers: number;
}

/** In bytes; undefined where it is not known, or there is no limit. */
interface SizeReport {
  readonly usedBytes?: number | undefined;
  readonly reservedBytes?: number | undefined;
  readonly maxBytes?: number | undefined;
}

export interface TransferReport {
  readonly direction: 'upload' | 'download';
  readonly key: string;
  readonly file?: string | undefined;
  readonly node: string;
  readonly client: string;
  readonly requestId: string;
  readonly since: string;
  /** Of the content, those that were there before among them. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
}

export interface LockReport {
  readonly key: string;
  readonly node: string;
  readonly client: string;
  readonly until: string;
}

export interface Reported {
  readonly state: LiveState;
  readonly repositories: readonly ObservedRepository[];
  readonly connectionCount: number;
  readonly isClosing: boolean;
  readonly version: string;
  readonly clock: Clock;
}

export function statusReport(reported: Reported): StatusReport {
  const { state, repositories, clock } = reported;
  const nowMs = clock.now();
  const { transfers, locks } = state;
  const nameOf = namesOf(repositories);
  return {
    version: reported.version,
    nodeVersion: process.version,
    startedAt: isoTime(state.startedMs),
    uptimeSeconds: Math.round((nowMs - state.startedMs) / 1000),
    closing: reported.isClosing,
    connections: reported.connectionCount,
    runningRequests: state.runningRequests,
    repositories: repositories.map((repository) => repositoryReport(repository, state)),
    transfers: transfers.slice(0, maxListed).map((transfer) => transferReport(transfer, nameOf, nowMs)),
    transferCount: transfers.length,
    locks: locks.slice(0, maxListed).map((lock) => lockReport(lock, nameOf)),
    lockCount: locks.length,
  };
}

function repositoryReport(repository: ObservedRepository, state: LiveState): RepositoryReport {
  const { name, host, fullness } = repository;
  const { uuid } = host.annex;
  return {
    name,
    uuid,
    description: repository.descriptionOf(uuid),
    ...sizeReport(fullness.found.get(uuid)),
    sizeProblem: fullness.problem,
    clusters: Array.from(host.layout.clusterNames, ([cluster, clusterUUID]) => ({
      name: byteStringToText(cluster),
      uuid: clusterUUID,
    })),
    nodes: host.layout.nodes
      .map((node) => nodeReport(node, repository, state))
      .sort((left, right) => compareByteStrings(left.name, right.name)),
  };
}

function nodeReport(
  { node, clusters }: LaidNode,
  repository: ObservedRepository,
  state: LiveState,
): NodeReport {
  const uuid = node.gateway ?? node.remote.uuid;
  const { reachable, lastFailure } = state.health(uuid);
  const { clusterNames } = repository.host.layout;
  return {
    name: byteStringToText(node.name),
    uuid,
    description: repository.descriptionOf(uuid),
    cost: node.cost,
    clusters: [...clusterNames]
      .filter(([, cluster]) => clusters.includes(cluster))
      .map(([name]) => byteStringToText(name)),
    reachable,
    lastFailure: lastFailure && failureReport(lastFailure),
    runningTransfers: state.transfers.filter((transfer) => transfer.node === uuid).length,
    ...sizeReport(repository.fullness.found.get(uuid)),
  };
}

function failureReport({ atMs, operation, message }: NodeFailure): NodeReport['lastFailure'] {
  return { at: isoTime(atMs), operation, message: shownText(message) };
}

function sizeReport(fullness: Fullness | undefined): SizeReport {
  if (fullness === undefined) return {};
  const { usedBytes, reservedBytes, maxBytes } = fullness;
  return {
    usedBytes: Number(usedBytes),
    reservedBytes: Number(reservedBytes),
    maxBytes: maxBytes === undefined ? undefined : Number(maxBytes),
  };
}

function transferReport(transfer: Transfer, nameOf: (uuid: UUID) => string, nowMs: number): TransferReport {
  const { direction, key, file, client, requestId, startedMs, offset, lengthBytes, movedBytes } = transfer;
  return {
    direction,
    key: byteStringToText(key),
    file: file === undefined ? undefined : byteStringToText(file),
    node: nameOf(transfer.node),
    client,
    requestId,
    since: isoTime(startedMs),
    doneBytes: offset + movedBytes,
    totalBytes: offset + lengthBytes,
    bytesPerSecond: Math.round((movedBytes * 1000) / Math.max(1, nowMs - startedMs)),
  };
}

function lockReport({ key, node, client, untilMs }: HeldLock, nameOf: (uuid: UUID) => string): LockReport {
  return { key: byteStringToText(key), node: nameOf(node), client, until: isoTime(untilMs) };
}

/** A node's name as its gateway has it; the UUID of what is no node any more. */
function namesOf(repositories: readonly ObservedRepository[]): (uuid: UUID) => string {
  const names = new Map<UUID, string>();
  for (const { name, host } of repositories) {
    names.set(host.annex.uuid, name);
    for (const { node } of host.layout.nodes) {
      names.set(node.gateway ?? node.remote.uuid, byteStringToText(node.name));
    }
  }
  return (uuid) => names.get(uuid) ?? uuid;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

const maxListed = 200;
