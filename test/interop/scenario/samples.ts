// Files that have once been trouble to somebody: names with spaces, percent signs, UTF-8 and bytes that are not, an empty
// file, a big one, an unlocked one, and keys of backends that differ in name, extension and whether they can be verified.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from './cluster.ts';

export interface Sample {
  /** Its name in the work tree, as bytes. */
  readonly name: Buffer;
  /** SHA-256 of its content, hex. */
  readonly sha256: string;
}

const backends = [
  'WORM',
  'MD5E',
  'SHA1',
  'SHA512E',
  'SHA3_256',
  'SKEIN512E',
  'BLAKE2B512',
  'BLAKE2BP512E',
  'BLAKE2S256',
  'BLAKE2SP224',
] as const;

const names: readonly (readonly [name: string | Buffer, sizeBytes: number])[] = [
  ['plain.txt', 100],
  ['with some spaces.txt', 1000],
  ['100%25 of%20it %.dat', 2000],
  ['[in brackets]', 300],
  ['änderungen/größe \u{1F4BE}.tar.gz', 70_000],
  [Buffer.from([0x6e, 0x6f, 0x74, 0xff, 0xfe, 0x2e, 0x64, 0x61, 0x74]), 5000],
  ['empty', 0],
  ['sub dir/&amp;:colon', 1234],
  ['big.bin', 50_000_000],
];

/** Adds one file of each kind to a clone and commits them; the one of a URL key is copied from `dir`. */
export async function addSamples(client: Repository, dir: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const [name, sizeBytes] of names) samples.push(await writeSample(client, name, sizeBytes));
  await client.annex(['add', '.']);
  for (const backend of backends) {
    samples.push(await writeSample(client, `of ${backend}.data`, 10_000));
    await client.annex(['add', `--backend=${backend}`, `of ${backend}.data`]);
  }
  samples.push(await writeSample(client, 'unlocked.txt', 40_000));
  await client.annex(['add', 'unlocked.txt']);
  await client.annex(['unlock', 'unlocked.txt']);
  samples.push(await addByURL(client, dir));
  await client.git(['add', '.']);
  await client.git(['commit', '--quiet', '--message', 'samples']);
  return samples;
}

/** Which samples are not in the work tree with their right content. */
export async function lackingSamples(client: Repository, samples: readonly Sample[]): Promise<string[]> {
  const lacking: string[] = [];
  for (const { name, sha256 } of samples) {
    const content = await readFile(pathIn(client, name)).catch(() => undefined);
    if (content === undefined || digest(content) !== sha256) lacking.push(name.toString('latin1'));
  }
  return lacking;
}

/** Writes a file of random content into the work tree, not added yet. */
export async function writeSample(
  client: Repository,
  fileName: string | Buffer,
  sizeBytes: number,
): Promise<Sample> {
  const name = Buffer.from(fileName);
  const slash = name.lastIndexOf('/');
  if (slash > 0) await mkdir(pathIn(client, name.subarray(0, slash)), { recursive: true });
  const content = randomBytes(sizeBytes);
  await writeFile(pathIn(client, name), content);
  return { name, sha256: digest(content) };
}

/** The serialized key of an annexed file in the work tree. */
export async function keyOf(client: Repository, file: string): Promise<string> {
  return (await client.annex(['lookupkey', file])).stdout.trim();
}

// A key of the URL backend has a size and no checksum, and its name is full of what file names must escape.
async function addByURL(client: Repository, dir: string): Promise<Sample> {
  const source = join(dir, 'of a url:50%.bin');
  const content = randomBytes(3000);
  await writeFile(source, content);
  const allow = ['-c', 'annex.security.allowed-url-schemes=file'];
  const url = `file://${encodeURI(source)}`;
  await client.annex(['addurl', ...allow, '--fast', '--file', 'of URL.bin', url]);
  await client.annex(['get', ...allow, 'of URL.bin']);
  // Without the web as another copy, the cluster's answers decide.
  await client.annex(['rmurl', ...allow, 'of URL.bin', url]);
  return { name: Buffer.from('of URL.bin'), sha256: digest(content) };
}

function pathIn(client: Repository, name: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${client.dir}/`), name]);
}

function digest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
