/**
 * git-annex's own index of the git-annex branch, `.git/annex/index`. Beside it `index.lck`, which is no lock: it holds
 * the commit that the index has taken in. When the branch is elsewhere, it is union merged into the index after the
 * journal was staged and before anything is committed, so no side's lines are lost.
 *
 * Everything here is done while journal.lck is held. Source: interop reference §2.4, §3.8.
 */

import { copyFile, rm, stat } from 'node:fs/promises';
import { sameLineSet, unionMergeLines } from '../../logs/union-merge.ts';
import { AnnexError } from '../../types/annex-error.ts';
import {
  textToByteString,
  bytesToByteString,
  byteStringToBytes,
  type ByteString,
} from '../../util/byte-string.ts';
import { durable } from '../git/durable.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { writeBlobs } from '../git/write-blobs.ts';
import type { SharedFiles } from '../repository/shared-files.ts';
import { isMissing, readFileIfAny, replaceFile } from './annex-files.ts';
import { parseDiffIndex, type IndexDifference } from './diff-index.ts';

/** One file to put into the index. */
export interface StagedFile {
  readonly path: ByteString;
  readonly blob: string;
}

export class BranchIndex {
  readonly #repository: GitRepository;
  readonly #files: SharedFiles;
  readonly #file: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #discarded: () => void;

  /** @param discarded told when the index was damaged and is made anew. */
  constructor(repository: GitRepository, files: SharedFiles, discarded: () => void) {
    this.#repository = repository;
    this.#files = files;
    this.#discarded = discarded;
    this.#file = `${files.annexDir}/index`;
    this.#env = { GIT_INDEX_FILE: this.#file };
  }

  /** Makes the index from this commit where there is none. */
  async prepare(commit: string): Promise<void> {
    // Only who holds journal.lck writes the index, so a lock file of git's here was left by a git that died.
    await rm(`${this.#file}.lock`, { force: true });
    const isThere = await stat(this.#file).then(
      () => true,
      (caught: unknown) => {
        if (isMissing(caught)) return false;
        throw caught;
      },
    );
    if (isThere) return;
    // What is staged next may have been written when the branch was elsewhere, so nothing counts as taken in.
    await rm(`${this.#file}.lck`, { force: true });
    await this.#repository.run([...durable, 'read-tree', commit], { env: this.#env });
  }

  /** Brings the index, which is there, to where it has everything of this commit of the branch. */
  async takeIn(commit: string): Promise<void> {
    if ((await this.#recorded()) === commit) return;
    await this.merge(commit);
    await this.record(commit);
  }

  /**
   * Deletes an index that git cannot read. What it had is in the branch or still in the journal. (git-annex fails until
   * somebody deletes it.) False where git can read it.
   */
  async discardIfDamaged(): Promise<boolean> {
    try {
      await this.stage([]);
      return false;
    } catch (caught) {
      if (!(caught instanceof Error) || !damage.test(caught.message)) throw caught;
    }
    await rm(this.#file, { force: true });
    this.#discarded();
    return true;
  }

  /** Says in index.lck that the index has everything of this commit. */
  async record(commit: string): Promise<void> {
    await replaceFile(textToByteString(`${this.#file}.lck`), `${commit}\n`, this.#files);
  }

  /** Puts files into the index. */
  async stage(files: AsyncIterable<StagedFile> | Iterable<StagedFile>): Promise<void> {
    await this.#repository.run([...durable, 'update-index', '-z', '--index-info'], {
      env: this.#env,
      input: indexInfo(files),
    });
  }

  /** Union merges a commit's files into the index; files that only the index has stay. */
  async merge(commit: string): Promise<void> {
    await this.stage(this.#merged(commit));
  }

  /**
   * Writes the trees that the index would have with these files, by way of a copy of the index. Needs no lock, and makes
   * `writeTree` quick afterwards, when the lock is held: the trees are there then. A failure is nobody's loss.
   */
  async writeTreesAhead(files: readonly StagedFile[], scratchFile: string): Promise<void> {
    const env = { GIT_INDEX_FILE: scratchFile };
    try {
      await copyFile(this.#file, scratchFile);
      await this.#repository.run(['update-index', '-z', '--index-info'], { env, input: indexInfo(files) });
      await this.#repository.run([...durable, 'write-tree'], { env });
    } catch {
      // The index was being replaced, or is not there yet.
    } finally {
      await rm(scratchFile, { force: true });
      await rm(`${scratchFile}.lock`, { force: true });
    }
  }

  /** The id of the tree that the index stands for. */
  async writeTree(): Promise<string> {
    const written = await this.#repository.run([...durable, 'write-tree'], { env: this.#env });
    return written.stdout.toString('latin1').trim();
  }

  async #recorded(): Promise<string | undefined> {
    return (await readFileIfAny(textToByteString(`${this.#file}.lck`)))?.trim();
  }

  async *#merged(commit: string): AsyncGenerator<StagedFile> {
    const args = ['diff-index', '--raw', '-z', '-r', '--no-renames', '-l0', '--cached', commit, '--'];
    let batch: IndexDifference[] = [];
    for await (const difference of parseDiffIndex(this.#repository.stream(args, { env: this.#env }))) {
      if (difference.inCommit === undefined) continue;
      batch.push(difference);
      if (batch.length < mergeBatch) continue;
      yield* await this.#mergeBatch(batch);
      batch = [];
    }
    yield* await this.#mergeBatch(batch);
  }

  async #mergeBatch(batch: readonly IndexDifference[]): Promise<readonly StagedFile[]> {
    const staged: StagedFile[] = [];
    const contents: { readonly path: ByteString; readonly bytes: Uint8Array }[] = [];
    await Promise.all(
      batch.map(async ({ path, inCommit, inIndex }) => {
        if (inCommit === undefined) return;
        if (inIndex === undefined) {
          staged.push({ path, blob: inCommit });
          return;
        }
        const [ours, theirs] = await Promise.all([this.#blob(inIndex), this.#blob(inCommit)]);
        const union = unionMergeLines([ours, theirs]);
        // A blob that has all the lines is used as it is, or each repository would make merges for nothing.
        if (sameLineSet(union, ours)) return;
        if (sameLineSet(union, theirs)) staged.push({ path, blob: inCommit });
        else contents.push({ path, bytes: byteStringToBytes(union) });
      }),
    );
    const blobs = await writeBlobs(
      this.#repository,
      contents.map(({ bytes }) => bytes),
    );
    for (const [at, { path }] of contents.entries()) {
      const blob = blobs[at];
      if (blob !== undefined) staged.push({ path, blob });
    }
    return staged;
  }

  async #blob(id: string): Promise<ByteString> {
    const object = await this.#repository.objects.read(id);
    if (object === undefined) throw new AnnexError('remote', `the git object ${id} is missing`);
    return bytesToByteString(object.bytes);
  }
}

async function* indexInfo(
  files: AsyncIterable<StagedFile> | Iterable<StagedFile>,
): AsyncGenerator<Uint8Array> {
  let lines = '';
  for await (const { path, blob } of files) {
    lines += `100644 blob ${blob}\t${path}\0`;
    if (lines.length < inputPieceBytes) continue;
    yield byteStringToBytes(lines);
    lines = '';
  }
  yield byteStringToBytes(lines);
}

/** What git says of an index that it cannot read. */
const damage = /index file|bad signature|bad index|unknown index|cache entr|unordered stage/i;
/** How many files are merged in memory at once. */
const mergeBatch = 1000;
const inputPieceBytes = 65_536;
