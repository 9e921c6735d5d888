// The data that both servers serve: a bare cluster by real git-annex with a thousand objects of 10 kB and one of 200 MB
// in every node, and the small ones in the gateway too. Objects are put in place by hand and the logs written by
// `git annex setpresentkey --batch`, which takes seconds where copying takes minutes. Each server has a copy of all of
// it, so that neither warms nor disturbs the other's repositories.
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, makeCluster, openCluster, type Repository } from '../test/interop/scenario/cluster.ts';
import { type Release, runIn } from '../test/support/git-annex.ts';

export const smallBytes = 10_000;
export const largeBytes = 200_000_000;

export interface BenchData {
  readonly smallKeys: readonly string[];
  readonly largeKey: string;
}

/** Makes the cluster in DIR/original and fills it. */
export async function makeData(dir: string, release: Release): Promise<BenchData> {
  const original = join(dir, 'original');
  await mkdir(original);
  const cluster = await makeCluster({ release, dir: original, bare: true });
  const small = new Map<string, Buffer>();
  for (let count = 0; count < 1000; count += 1) {
    const content = randomBytes(smallBytes);
    small.set(keyFor(content), content);
  }
  const large = largeContent();
  const largeKey = keyFor(large);
  await fill(cluster.gateway, small);
  for (const node of cluster.nodes) {
    await fill(node, small);
    await putObject(node, largeKey, large);
  }
  for (const repository of [cluster.gateway, ...cluster.nodes]) {
    await log(repository, cluster, { small: [...small.keys()], largeKey });
  }
  return { smallKeys: [...small.keys()], largeKey };
}

/** A copy of all of it, for one server. */
export async function copyData(dir: string, name: string, release: Release): Promise<Cluster> {
  const copy = join(dir, name);
  await runIn(dir, ['cp', '-a', '--reflink=auto', join(dir, 'original'), copy], { timeoutMs: 300_000 });
  return await openCluster(copy, release);
}

async function fill(repository: Repository, objects: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const [key, content] of objects) await putObject(repository, key, content);
}

// A bare repository's place for an object: two levels of the MD5 of the key, as git-annex's internals page tells.
async function putObject(repository: Repository, key: string, content: Buffer): Promise<void> {
  const md5 = createHash('md5').update(key).digest('hex');
  const dir = join(repository.dir, 'annex/objects', md5.slice(0, 3), md5.slice(3, 6), key);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, key), content, { mode: 0o444 });
  await chmod(dir, 0o555);
}

async function log(
  repository: Repository,
  { gateway, nodes }: Cluster,
  keys: { readonly small: readonly string[]; readonly largeKey: string },
): Promise<void> {
  const about = repository === gateway ? nodes : [repository];
  const lines = about.flatMap(({ uuid }) => [...keys.small, keys.largeKey].map((key) => `${key} ${uuid} 1`));
  if (repository === gateway) lines.push(...keys.small.map((key) => `${key} ${gateway.uuid} 1`));
  await repository.annex(['setpresentkey', '--batch'], {
    input: `${lines.join('\n')}\n`,
    timeoutMs: 120_000,
  });
}

// Random in every 64 KiB, and made in a moment.
function largeContent(): Buffer {
  const pattern = randomBytes(65_536);
  const content = Buffer.alloc(largeBytes);
  for (let at = 0; at < largeBytes; at += pattern.length) {
    pattern.copy(content, at);
    if (at + 4 <= largeBytes) content.writeUInt32LE(at, at);
  }
  return content;
}

function keyFor(content: Buffer): string {
  return `SHA256-s${content.length}--${createHash('sha256').update(content).digest('hex')}`;
}
