/**
 * Location logs: which repositories have a key's content (`HASHDIR/KEYFILE.log`, a presence log of UUIDs).
 *
 *     1795351096s 1 0af5ae83-3a61-4cc2-9483-32dad72d789a
 *     1795351095s 0 468a6a9f-0d4f-4aee-a5f7-c2fb44e4e2e2
 *
 * Cluster UUIDs are added when a log is read (`addClusterUUIDs`) and are never written: where a change names one it is
 * passed over, as git-annex does.
 */

import type { ByteString } from '../util/byte-string.ts';
import { isClusterUUID } from '../types/cluster-uuid.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import type { ClusterMap } from './cluster-log.ts';
import {
  changePresenceLog,
  formatPresenceLog,
  parsePresenceLog,
  presentInfos,
  type PresenceStatus,
} from './family/presence-log.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';
import { sortedWords } from './words.ts';

/** The status of each repository that the log names, sorted by UUID. */
export function parseLocationLog(content: ByteString): ReadonlyMap<UUID, PresenceStatus> {
  const statuses = new Map<UUID, PresenceStatus>();
  for (const [info, { status }] of parsePresenceLog(content)) {
    const uuid = parseUUID(info);
    if (uuid !== undefined) statuses.set(uuid, status);
  }
  return statuses;
}

/** The repositories that have the content, in the order git-annex lists them (sorted). Dead ones are not left out. */
export function presentUUIDs(content: ByteString): UUID[] {
  return presentInfos(parsePresenceLog(content)).flatMap((info) => parseUUID(info) ?? []);
}

export interface LocationChange {
  readonly present?: Iterable<UUID>;
  /** Wins over `present`: to lose track of a copy is mended by fsck, to believe in one that is gone loses data. */
  readonly missing?: Iterable<UUID>;
  /** Whole seconds since the epoch, or what GIT_ANNEX_VECTOR_CLOCK says. */
  readonly nowSeconds: number;
}

/** The whole file after a change; undefined where it says nothing new. */
export function changeLocationLog(content: ByteString, change: LocationChange): ByteString | undefined {
  const statuses = new Map<ByteString, PresenceStatus>();
  for (const uuid of change.present ?? []) if (!isClusterUUID(uuid)) statuses.set(uuid, 'present');
  for (const uuid of change.missing ?? []) if (!isClusterUUID(uuid)) statuses.set(uuid, 'missing');
  return changePresenceLog(content, { statuses, now: vectorClockFromSeconds(change.nowSeconds) });
}

/**
 * Marks a key as dead, known to be lost: each missing location becomes a dead one, a picosecond later, so that any
 * other change wins. Undefined where no location is missing; the caller makes sure that none is present.
 */
export function markDeadLocationLog(content: ByteString): ByteString | undefined {
  const log = new Map(parsePresenceLog(content));
  const missing = [...log].filter(([, { status }]) => status === 'missing');
  for (const [info, { clock }] of missing) log.set(info, { clock: clock + 1n, status: 'dead' });
  return missing.length === 0 ? undefined : formatPresenceLog(log);
}

/** The locations with the clusters that they are nodes of before them (sorted). */
export function addClusterUUIDs(uuids: readonly UUID[], clusters: ClusterMap): UUID[] {
  const found = uuids.flatMap((uuid) => [...(clusters.clustersByNode.get(uuid) ?? [])]);
  return [...sortedWords<UUID>(found), ...uuids];
}
