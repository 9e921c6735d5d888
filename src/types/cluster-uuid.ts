/**
 * Cluster UUIDs (design/passthrough_proxy): a UUID whose first two characters are `ac` and whose version digit is 8,
 * so that no repository's own UUID (version 4) can pass for a cluster's.
 *
 * They are added when a location log is read and must never be written into one.
 */

import type { Rng } from '../util/clock.ts';
import { genUUID, type UUID } from './uuid.ts';

declare const clusterBrand: unique symbol;

export type ClusterUUID = UUID & { readonly [clusterBrand]: true };

/** Only the two marks are looked at, as git-annex does. */
export function isClusterUUID(uuid: UUID): uuid is ClusterUUID {
  return uuid.startsWith('ac') && uuid[14] === '8';
}

export function parseClusterUUID(uuid: UUID): ClusterUUID | undefined {
  return isClusterUUID(uuid) ? uuid : undefined;
}

export function genClusterUUID(rng: Rng): ClusterUUID {
  const uuid = genUUID(rng);
  return `ac${uuid.slice(2, 14)}8${uuid.slice(15)}` as ClusterUUID;
}
