/**
 * How much is on this disk, and how much several repositories have together. Both walk everything there is, in a stream:
 * for people who ask, never for a request. What single repositories have is known without: `node/sizes/`.
 */

import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBranchPath } from '../../logs/branch-path.ts';
import { presentUUIDs } from '../../logs/location-log.ts';
import { parseKeyFile } from '../../types/key-file.ts';
import { keySizeBytes, type Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { addKey, noAmount, type Amount } from '../sizes/amounts.ts';
import type { OpenAnnex } from './open-annex.ts';

/** The objects in this repository. */
export async function localAmount(annex: OpenAnnex): Promise<Amount> {
  let amount = noAmount;
  for await (const key of localKeys(join(annex.git.gitDir, 'annex', 'objects')))
    amount = addKey(amount, keySizeBytes(key));
  return amount;
}

/** The keys that any of these repositories has by the location logs, each counted once. */
export async function amountAt(annex: OpenAnnex, uuids: ReadonlySet<UUID>): Promise<Amount> {
  let amount = noAmount;
  for await (const { key, content } of locationLogs(annex)) {
    if (presentUUIDs(content).some((uuid) => uuids.has(uuid))) amount = addKey(amount, keySizeBytes(key));
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

const readsAtOnce = 128;
const maxHashLevels = 2;
