// What is left in the repositories beside objects: parts of uploads, to resume from, and nothing else.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, gitDirOf } from './cluster.ts';

export interface Leftovers {
  /** Parts of content, under the names of their keys, where git-annex goes on from. */
  readonly partials: number;
  readonly strange: readonly string[];
}

export async function findLeftovers({ gateway, nodes }: Cluster): Promise<Leftovers> {
  let partials = 0;
  const strange: string[] = [];
  for (const repository of [gateway, ...nodes]) {
    const annex = join(gitDirOf(repository), 'annex');
    for (const file of await filesIn(join(annex, 'tmp'))) {
      if (/^SHA256-s\d+--[0-9a-f]{64}$/.test(file)) partials++;
      else strange.push(`${repository.name}: ${file} in the annex's tmp`);
    }
    // git-annex notes below transfer/failed what did not end well.
    for (const folder of ['transfer/download', 'transfer/upload', 'othertmp', 'misctmp'])
      for (const file of await filesIn(join(annex, folder)))
        strange.push(`${repository.name}: annex/${folder}/${file}`);
    for (const file of await filesIn(join(annex, 'objects')))
      if (/\.(?:lck|rtm|rtl)$/.test(file)) strange.push(`${repository.name}: annex/objects/${file}`);
  }
  return { partials, strange };
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
