/**
 * What each repository has by a commit of the git-annex branch: summed up in one pass over the branch, or brought forward
 * by what differs between two commits, however they are related.
 */

import { parseBranchPath } from '../../logs/branch-path.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { keySizeBytes, type Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { parseDiffIndex, type IndexDifference } from '../branch/diff-index.ts';
import type { GitRepository } from '../git/git-repository.ts';
import type { Amounts } from './amounts.ts';
import { BatchScanner } from './batch-scanner.ts';
import { LocationScanner } from './location-scanner.ts';
import { streamBranch, type StreamOptions } from './stream-branch.ts';

/** One pass over all files of the commit. Throws AnnexError('remote') where git fails or an object is missing. */
export async function sumUpBranch(
  repository: GitRepository,
  commit: string,
  options: StreamOptions = {},
): Promise<Amounts> {
  const scanner = new BatchScanner();
  for await (const chunk of streamBranch(repository, commit, options)) scanner.push(chunk);
  return scanner.finish();
}

/** A location log that differs between two commits. */
export interface ChangedLog {
  readonly path: ByteString;
  readonly key: Key;
  /** Who has the key by either commit. */
  readonly before: readonly UUID[];
  readonly after: readonly UUID[];
}

/** The location logs that differ. Throws AnnexError('remote') where one of the commits is no longer there. */
export async function* changedLogs(
  repository: GitRepository,
  from: string,
  to: string,
): AsyncGenerator<ChangedLog> {
  const args = ['diff-tree', '-r', '--raw', '--no-renames', '-z', from, to];
  const present = new PresentReader(repository);
  const reading: Promise<ChangedLog>[] = [];
  try {
    for await (const difference of parseDiffIndex(repository.stream(args))) {
      const found = parseBranchPath(difference.path);
      if (found.type !== 'key' || found.log !== 'location') continue;
      reading.push(readChange(difference, found.key, present));
      if (reading.length < readsAtOnce) continue;
      const next = await reading.shift();
      if (next !== undefined) yield next;
    }
    for (let next = reading.shift(); next !== undefined; next = reading.shift()) yield await next;
  } finally {
    await Promise.allSettled(reading);
  }
}

/** Counts a key out where it was and in where it is. */
export function countChange(
  amounts: Amounts,
  { key, before, after }: Pick<ChangedLog, 'key' | 'before' | 'after'>,
): void {
  const sizeBytes = keySizeBytes(key);
  for (const uuid of before) amounts.count(uuid, sizeBytes, -1);
  for (const uuid of after) amounts.count(uuid, sizeBytes, 1);
}

/** Who has a key, from a location log; clusters left out. */
export class PresentReader {
  readonly #repository: GitRepository;
  readonly #scanner = new LocationScanner();

  constructor(repository: GitRepository) {
    this.#repository = repository;
  }

  /** By a blob of git; nobody for none. */
  async ofBlob(id: string | undefined): Promise<readonly UUID[]> {
    if (id === undefined) return [];
    const object = await this.#repository.objects.read(id);
    if (object === undefined)
      throw new AnnexError('remote', `the blob ${id} of the git-annex branch is missing`);
    return this.ofBytes(Buffer.from(object.bytes.buffer, object.bytes.byteOffset, object.bytes.length));
  }

  ofBytes(content: Buffer): readonly UUID[] {
    return this.#scanner.scan(content, 0, content.length).map((number) => this.#scanner.uuids.uuid(number));
  }
}

async function readChange(
  { path, inCommit, inIndex }: IndexDifference,
  key: Key,
  present: PresentReader,
): Promise<ChangedLog> {
  const [before, after] = await Promise.all([present.ofBlob(inCommit), present.ofBlob(inIndex)]);
  return { path, key, before, after };
}

const readsAtOnce = 256;
