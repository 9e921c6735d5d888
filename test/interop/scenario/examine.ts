// What is really there, and what the logs say: the objects in a repository as `ls` finds them, the location log as real
// git-annex reads it, and the two checks that know best, `git fsck` and `git annex fsck`. Each returns what is wrong as
// lines of text, so that a test can expect an empty list and a failure names everything at once.
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Cluster, gitDirOf, type Repository } from './cluster.ts';

/** The serialized keys whose objects are in the repository, with the paths of the objects. */
export async function objectsIn(repository: Repository): Promise<Map<string, string>> {
  const top = join(gitDirOf(repository), 'annex/objects');
  const found = new Map<string, string>();
  for (const entry of await readdir(top, { recursive: true, withFileTypes: true }).catch(() => [])) {
    // KEY/KEY is the object; beside it may stand KEY.lck, .rtm and .rtl, which a killed process leaves and git-annex reuses.
    if (!entry.isFile() || entry.name !== basename(entry.parentPath)) continue;
    found.set(keyOfFile(entry.name), join(entry.parentPath, entry.name));
  }
  return found;
}

/** Which UUIDs this repository believes to have each key, cluster UUIDs left out; the journal counts. */
export async function locationsIn(repository: Repository): Promise<Map<string, Set<string>>> {
  // Where a key is nowhere whereis says so and exits with 1.
  const { stdout } = await repository.annex(['whereis', '--all', '--json'], { allow: [0, 1] });
  const locations = new Map<string, Set<string>>();
  for (const line of stdout.split('\n')) {
    if (line === '') continue;
    const record = JSON.parse(line) as WhereisRecord;
    const uuids = [...record.whereis, ...record.untrusted].map(({ uuid }) => uuid);
    locations.set(record.key, new Set(uuids.filter((uuid) => !isClusterUUID(uuid))));
  }
  return locations;
}

interface WhereisRecord {
  readonly key: string;
  readonly whereis: readonly { readonly uuid: string }[];
  readonly untrusted: readonly { readonly uuid: string }[];
}

/** Where `observer`'s location log and the objects in `subject` differ; about all keys, or only these. */
export async function disagreements(
  observer: Repository,
  subject: Repository,
  options: { readonly keys?: ReadonlySet<string> } = {},
): Promise<string[]> {
  const [objects, locations] = [await objectsIn(subject), await locationsIn(observer)];
  const wrong: string[] = [];
  for (const key of options.keys ?? new Set([...objects.keys(), ...locations.keys()])) {
    const logged = locations.get(key)?.has(subject.uuid) ?? false;
    if (logged === objects.has(key)) continue;
    const fact = objects.has(key) ? 'has' : 'lacks';
    wrong.push(`${subject.name} ${fact} ${key}, ${observer.name} logs the contrary`);
  }
  return wrong;
}

/** The same for the gateway and every node: each one's own log, and the gateway's about it. */
export async function clusterDisagreements(
  { gateway, nodes }: Cluster,
  options: { readonly keys?: ReadonlySet<string> } = {},
): Promise<string[]> {
  const wrong = await disagreements(gateway, gateway, options);
  for (const node of nodes) {
    wrong.push(
      ...(await disagreements(node, node, options)),
      ...(await disagreements(gateway, node, options)),
    );
  }
  return wrong;
}

/** What `git fsck` and `git annex fsck`, which computes every checksum, have to complain of. */
export async function complaints(repository: Repository): Promise<string[]> {
  const wrong: string[] = [];
  const git = await repository.git(['fsck', '--full', '--no-dangling', '--no-progress'], { allow: 'any' });
  if (git.exitCode !== 0 || /\b(?:error|missing|corrupt|broken)\b/i.test(git.stdout + git.stderr)) {
    wrong.push(`${repository.name}: git fsck: ${git.stdout}${git.stderr}`);
  }
  // Before anything else, since fsck mends what it finds, and with --quiet does not say so.
  const first = await repository.annex(['fsck', '--all', '--fast'], { allow: 'any', timeoutMs: 300_000 });
  if (/fixing location log/i.test(first.stdout))
    wrong.push(`${repository.name}: fsck mended the location log`);
  const annex = await repository.annex(['fsck', '--all', '--quiet'], { allow: 'any', timeoutMs: 300_000 });
  // A key that is nowhere any more is no fault of the repository that is asked about it.
  const said = (annex.stdout + annex.stderr)
    .split('\n')
    .filter((line) => !/^\s*$|^fsck .*$|No known copies exist|^fsck: \d+ failed/.test(line));
  if (said.length > 0) wrong.push(`${repository.name}: git annex fsck: ${said.join('\n')}`);
  return wrong;
}

/** complaints() of the gateway and every node. */
export async function clusterComplaints({ gateway, nodes }: Cluster): Promise<string[]> {
  const wrong: string[] = [];
  for (const repository of [gateway, ...nodes]) wrong.push(...(await complaints(repository)));
  return wrong;
}

// The types of cluster UUIDs in src are branded for wires; a test compares plain strings of real git-annex.
function isClusterUUID(uuid: string): boolean {
  return uuid.startsWith('ac') && uuid[14] === '8';
}

function keyOfFile(name: string): string {
  const unescaped: Readonly<Record<string, string>> = { '%': '/', '&c': ':', '&s': '%', '&a': '&' };
  return name.replace(/%|&[acs]/g, (escape) => unescaped[escape] ?? escape);
}
