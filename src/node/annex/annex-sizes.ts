/**
 * How much is where: the objects on this disk, and what the location logs say that each repository has. Both walk
 * everything there is, in a stream: for people who ask, never for a request.
 */

import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBranchPath } from '../../logs/branch-path.ts';
import { presentUUIDs } from '../../logs/location-log.ts';
import { isClusterUUID } from '../../types/cluster-uuid.ts';
import { parseKeyFile } from '../../types/key-file.ts';
import { keySizeBytes, type Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { OpenAnnex } from './open-annex.ts';

export interface Amount {
  keys: number;
  sizeBytes: number;
  /** Keys that do not tell their size. */
  unsized: number;
}

export interface RepositorySizes {
  /** All repositories together: a key that two have counts twice, as with git-annex. */
  readonly combined: Amount;
  readonly byUUID: ReadonlyMap<UUID, Amount>;
}

/** The objects in this repository. */
export async function localAmount(annex: OpenAnnex): Promise<Amount> {
  const amount = noAmount();
  for await (const key of localKeys(join(annex.git.gitDir, 'annex', 'objects'))) add(amount, key);
  return amount;
}

/** What the location logs say; dead repositories and clusters left out. */
export async function repositorySizes(annex: OpenAnnex): Promise<RepositorySizes> {
  const dead = await annex.locations.dead();
  const combined = noAmount();
  const byUUID = new Map<UUID, Amount>();
  for await (const { key, content } of locationLogs(annex)) {
    const uuids = presentUUIDs(content).filter((uuid) => !dead.has(uuid) && !isClusterUUID(uuid));
    for (const uuid of uuids) {
      const amount = byUUID.get(uuid) ?? noAmount();
      byUUID.set(uuid, amount);
      add(amount, key);
      add(combined, key);
    }
  }
  return { combined, byUUID };
}

/** The keys that any of these repositories has by the location logs, each counted once. */
export async function amountAt(annex: OpenAnnex, uuids: ReadonlySet<UUID>): Promise<Amount> {
  const amount = noAmount();
  for await (const { key, content } of locationLogs(annex)) {
    if (presentUUIDs(content).some((uuid) => uuids.has(uuid))) add(amount, key);
  }
  return amount;
}

interface LocationLogFile {
  readonly key: Key;
  readonly content: ByteString;
}

/** Many reads on the way at once: git answers them as they come. */
async function* locationLogs(annex: OpenAnnex): AsyncGenerator<LocationLogFile> {
  const reading: Promise<LocationLogFile | undefined>[] = [];
  for await (const path of annex.branch.list()) {
    const found = parseBranchPath(path);
    if (found.type !== 'key' || found.log !== 'location') continue;
    const { key } = found;
    reading.push(
      annex.branch.read(path).then((content) => (content === undefined ? undefined : { key, content })),
    );
    if (reading.length < readsAtOnce) continue;
    const next = await reading.shift();
    if (next !== undefined) yield next;
  }
  for (const last of await Promise.all(reading)) if (last !== undefined) yield last;
}

/** Objects lie in directories named after their key, two or three levels down. */
async function* localKeys(directory: string, depth = 0): AsyncGenerator<Key> {
  const entries = await listDirectory(directory);
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (!entry.isDirectory()) continue;
    const key = parseKeyFile(entry.name);
    if (key !== undefined) {
      if ((await listDirectory(path)).some((inside) => inside.name === entry.name)) yield key;
    } else if (depth < maxHashLevels) yield* localKeys(path, depth + 1);
  }
}

/** Nothing where the directory is gone by now. */
async function listDirectory(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true, encoding: 'latin1' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function noAmount(): Amount {
  return { keys: 0, sizeBytes: 0, unsized: 0 };
}

function add(amount: Amount, key: Key): void {
  const size = keySizeBytes(key);
  amount.keys++;
  if (size === undefined) amount.unsized++;
  else amount.sizeBytes += size;
}

const readsAtOnce = 128;
const maxHashLevels = 2;
