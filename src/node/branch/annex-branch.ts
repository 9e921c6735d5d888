/**
 * The git-annex branch of a repository on this disk, journal included: read, changed, committed and merged so that real
 * git-annex processes may do the same at the same moment.
 *
 * A change is in the journal, flushed, before it is answered; committing comes later and may be cut off at any point,
 * since whoever opens the repository next finds the journal as it was. Design page: interop reference §3.
 */

import type { EventSink } from '../../types/event.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { byteStringToBytes, byteStringToText, type ByteString } from '../../util/byte-string.ts';
import type { Clock } from '../../util/clock.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { blobId, writeBlobs } from '../git/write-blobs.ts';
import { SharedFiles } from '../repository/shared-files.ts';
import { readFileIfAny } from './annex-files.ts';
import { BranchIndex, type StagedFile } from './branch-index.ts';
import { commitIndex, commitMessage, ensureBranch } from './branch-commit.ts';
import { listSiblings, mergeableSiblings, mergeMessage, unmergedSiblings } from './branch-merge.ts';
import { BranchReader } from './branch-reader.ts';
import { ChangeQueue, type ChangeFile } from './change-queue.ts';
import { splitAtNUL } from './diff-index.ts';
import { isBranchPath } from './journal-file.ts';
import { Journal, type JournalEntry } from './journal.ts';

export type { ChangeFile } from './change-queue.ts';

export interface AnnexBranchOptions {
  readonly clock: Clock;
  readonly events: EventSink;
}

export interface ChangeOptions {
  /** The change is about a private repository (`annex.private`) and never reaches the branch. */
  readonly private?: boolean | undefined;
}

export class AnnexBranch {
  readonly repository: GitRepository;
  readonly clock: Clock;
  readonly #events: EventSink;
  readonly #files: SharedFiles;
  readonly #journal: Journal;
  readonly #index: BranchIndex;
  readonly #reader: BranchReader;
  readonly #changes: ChangeQueue;
  readonly #listeners = new Set<() => void>();
  /** Blobs of journal files that were written ahead, by the version of the file. */
  #written = new Map<string, string>();
  #committing: Promise<void> = Promise.resolve();
  #seenSiblings: string | undefined;
  #isClosed = false;

  private constructor(repository: GitRepository, { clock, events }: AnnexBranchOptions) {
    this.repository = repository;
    this.clock = clock;
    this.#events = events;
    this.#files = new SharedFiles(repository);
    this.#journal = new Journal(this.#files);
    this.#index = new BranchIndex(repository, this.#files, () => {
      events({ type: 'warning', message: `${this.#files.annexDir}/index was damaged and is made anew` });
    });
    this.#reader = new BranchReader(repository);
    this.#changes = new ChangeQueue({
      journal: this.#journal,
      read: (path, isPrivate) => (isPrivate ? this.#journal.readPrivate(path) : this.#readPublic(path)),
      written: () => {
        for (const listener of this.#listeners) listener();
      },
    });
  }

  /** Opens the branch, and makes it where it is missing (from origin's if there is one). */
  static async open(repository: GitRepository, options: AnnexBranchOptions): Promise<AnnexBranch> {
    const branch = new AnnexBranch(repository, options);
    await branch.#files.makeDirectory(branch.#files.annexDir);
    await ensureBranch(repository);
    return branch;
  }

  /** The file's content: the journal's, else the branch's; then what only this repository knows. Undefined for no file. */
  async read(path: ByteString): Promise<ByteString | undefined> {
    if (!isBranchPath(path)) return undefined;
    const own = await this.#journal.readPrivate(path);
    const shared = await this.#readPublic(path);
    return own === undefined ? shared : (shared ?? '') + own;
  }

  /** Changes one file. False where it stayed as it was. See `changeMany`. */
  async change(path: ByteString, change: ChangeFile, options: ChangeOptions = {}): Promise<boolean> {
    return await this.#change(new Map([[path, change]]), options);
  }

  /**
   * Changes files together: each function makes the new content from the old, undefined leaves the file. All are on the
   * disk when it resolves; a function that throws leaves all of them alone. Private content is passed alone.
   */
  async changeMany(changes: ReadonlyMap<ByteString, ChangeFile>, options: ChangeOptions = {}): Promise<void> {
    await this.#change(changes, options);
  }

  /** Commits the journal to the branch, if there is anything in it. */
  async commit(): Promise<void> {
    await this.#alone(async () => {
      if (await this.#journal.isEmpty()) return;
      const message = await commitMessage(this.repository, 'update');
      await this.#writeAhead();
      const lock = await this.#journal.lock();
      try {
        await this.#commitJournal(message);
      } finally {
        await lock.release();
      }
    });
  }

  /**
   * Merges siblings of the branch (`origin/git-annex`, `synced/git-annex` …) that have something new. One run of git when
   * there is nothing new. Does nothing where annex.merge-annex-branches is false.
   */
  async update(): Promise<void> {
    await this.#alone(async () => {
      const config = await this.repository.config();
      if (config.getBool('annex.merge-annex-branches') === false) return;
      await ensureBranch(this.repository);
      const siblings = await listSiblings(this.repository);
      const seen = siblings.map(({ commit, ref }) => `${commit} ${ref}`).join('\n');
      if (seen === this.#seenSiblings) return;
      const unmerged = await unmergedSiblings(this.repository, this.#files.annexDir, siblings);
      if (unmerged.length > 0) await this.#merge(unmerged);
      this.#seenSiblings = seen;
    });
  }

  /** Every path that has a file, in no order, each once. Changes made meanwhile may or may not show. */
  async *list(): AsyncGenerator<ByteString> {
    const journalled = new Set(await this.#journal.paths());
    yield* journalled;
    const tip = await this.#reader.tip();
    if (tip === undefined) return;
    const args = ['ls-tree', '-r', '-z', '--name-only', tip];
    for await (const path of splitAtNUL(this.repository.stream(args))) if (!journalled.has(path)) yield path;
  }

  /**
   * Changes whenever the branch moved or the journal changed: for caches of what was read after asking for it. Undefined
   * while the journal is too fresh to tell.
   */
  async version(): Promise<string | undefined> {
    const journal = this.#journal.version();
    return journal === undefined ? undefined : `${journal} ${(await this.#reader.tip()) ?? 'none'}`;
  }

  /** Whether there is anything to commit. */
  async isClean(): Promise<boolean> {
    return await this.#journal.isEmpty();
  }

  /** Calls back after each group of changes that has to be committed some time. The answer stops that. */
  onWritten(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits for what was asked, and refuses further changes. Does not commit, nor close the repository. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#changes.idle();
    await this.#committing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #readPublic(path: ByteString): Promise<ByteString | undefined> {
    // In this order: a file leaves the journal only after the branch has it.
    const journalled = await this.#journal.read(path);
    if (journalled !== undefined) return journalled;
    return await this.#reader.read(path);
  }

  async #change(changes: ReadonlyMap<ByteString, ChangeFile>, options: ChangeOptions): Promise<boolean> {
    if (this.#isClosed) throw new AnnexError('invariant', 'a change was asked of a closed git-annex branch');
    for (const path of changes.keys()) {
      if (!isBranchPath(path)) throw new AnnexError('invariant', `no file of the git-annex branch: ${path}`);
    }
    return await this.#changes.change(changes, options.private === true);
  }

  /** Writes objects of the journal's files while others may still change it, to keep the lock for a shorter time. */
  async #writeAhead(): Promise<void> {
    const ahead = new Map<string, string>();
    const files: StagedFile[] = [];
    await this.#stageJournal(await this.#journal.paths(), (entry, blob) => {
      if (entry.isSettled) ahead.set(versionKey(entry), blob);
      files.push({ path: entry.path, blob });
    });
    this.#written = ahead;
    if (files.length < manyFiles) return;
    await this.#journal.withTemporary(async (newFile) => {
      await this.#index.writeTreesAhead(files, byteStringToText(newFile()));
    });
  }

  /** The caller holds the lock. */
  async #commitJournal(message: ByteString): Promise<void> {
    let staged: JournalEntry[] = [];
    const commit = await commitIndex(this.repository, this.#index, {
      message,
      merged: [],
      stage: async () => {
        staged = [];
        const files: StagedFile[] = [];
        await this.#stageJournal(await this.#journal.paths(), (entry, blob) => {
          staged.push(entry);
          files.push({ path: entry.path, blob });
        });
        await this.#index.stage(files);
      },
    }).finally(() => {
      // Objects that were written ahead may have been pruned, so a second try writes them again.
      this.#written.clear();
    });
    await this.#journal.remove(staged);
    if (commit !== undefined) {
      await this.#tell((repository) => ({
        type: 'branch-committed',
        repository,
        commit,
        files: staged.length,
      }));
    }
  }

  /** Calls back with the blob of each journal file, a bounded amount in memory at a time. */
  async #stageJournal(
    paths: readonly ByteString[],
    staged: (entry: JournalEntry, blob: string) => void,
  ): Promise<void> {
    let batch: { readonly entry: JournalEntry; readonly bytes: Uint8Array }[] = [];
    let batchBytes = 0;
    const flush = async (): Promise<void> => {
      await writeBlobs(
        this.repository,
        batch.map(({ bytes }) => bytes),
      );
      for (const { entry, bytes } of batch) staged(entry, blobId(bytes, this.repository.objectFormat));
      batch = [];
      batchBytes = 0;
    };
    for (const path of paths) {
      const entry = this.#journal.entry(path);
      if (entry === undefined) continue;
      const known = this.#written.get(versionKey(entry));
      if (known !== undefined) {
        staged(entry, known);
        continue;
      }
      const content = await readFileIfAny(entry.file);
      if (content === undefined) continue;
      batch.push({ entry, bytes: byteStringToBytes(content) });
      batchBytes += content.length;
      if (batchBytes > maxBatchBytes || batch.length >= maxBatchFiles) await flush();
    }
    await flush();
  }

  async #merge(unmerged: Parameters<typeof mergeMessage>[0]): Promise<void> {
    await this.#writeAhead();
    const message = await commitMessage(this.repository, 'update');
    const lock = await this.#journal.lock();
    try {
      // What is in the journal would otherwise hide what is merged.
      await this.#commitJournal(message);
      const { siblings, refused } = await mergeableSiblings(this.repository, unmerged, (path) =>
        this.#readPublic(path),
      );
      for (const text of refused) this.#events({ type: 'warning', message: text });
      if (siblings.length === 0) return;
      const commit = await commitIndex(this.repository, this.#index, {
        message: await commitMessage(this.repository, mergeMessage(siblings)),
        merged: siblings.map(({ commit: merged }) => merged),
        stage: async () => {
          for (const sibling of siblings) await this.#index.merge(sibling.commit);
        },
      });
      if (commit === undefined) return;
      const refs = siblings.map(({ ref }) => byteStringToText(ref));
      await this.#tell((repository) => ({ type: 'branch-merged', repository, refs }));
    } finally {
      await lock.release();
    }
  }

  async #tell(event: (repository: UUID) => Parameters<EventSink>[0]): Promise<void> {
    const uuid = parseUUID((await this.repository.config()).get('annex.uuid') ?? '');
    if (uuid !== undefined) this.#events(event(uuid));
  }

  /** One commit or merge at a time. */
  async #alone(work: () => Promise<void>): Promise<void> {
    const before = this.#committing;
    const mine = before.then(work);
    this.#committing = mine.catch(() => undefined);
    await mine;
  }
}

function versionKey({ file, version }: JournalEntry): string {
  return `${version} ${file}`;
}

const maxBatchBytes = 8 * 1024 * 1024;
const maxBatchFiles = 5000;
/** From here on it takes longer to write the trees than to write them ahead. */
const manyFiles = 10;
