/**
 * Changes to branch files, made in groups: all that wait when the lock is taken are read, applied and flushed together,
 * so that hundreds of concurrent changes cost a few flushes. Each is applied to what the one before left.
 *
 * A change that was answered is on the disk. One that failed leaves its files as they were, unless the disk failed.
 */

import type { ByteString } from '../../util/byte-string.ts';
import { forEachFew } from './annex-files.ts';
import type { Journal } from './journal.ts';

/** Makes the new content of a file from the old; undefined leaves it. Called once, while the journal is locked. */
export type ChangeFile = (old: ByteString | undefined) => ByteString | undefined;

interface Change {
  readonly files: ReadonlyMap<ByteString, ChangeFile>;
  readonly isPrivate: boolean;
  readonly resolve: (changed: boolean) => void;
  readonly reject: (error: unknown) => void;
}

export interface ChangeQueueOptions {
  readonly journal: Journal;
  /** The content a change works on. */
  readonly read: (path: ByteString, isPrivate: boolean) => Promise<ByteString | undefined>;
  /** Called after files were written to the public journal. */
  readonly written: () => void;
}

export class ChangeQueue {
  readonly #options: ChangeQueueOptions;
  #waiting: Change[] = [];
  #working: Promise<void> | undefined;

  constructor(options: ChangeQueueOptions) {
    this.#options = options;
  }

  /** True where any of the files became different. */
  async change(files: ReadonlyMap<ByteString, ChangeFile>, isPrivate: boolean): Promise<boolean> {
    return await new Promise<boolean>((resolve, reject) => {
      this.#waiting.push({ files, isPrivate, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Resolves once all that was asked so far is done. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #work(): Promise<void> {
    // Whoever asks in the same turn of the event loop comes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#round();
    this.#working = undefined;
  }

  async #round(): Promise<void> {
    let group: Change[] = [];
    try {
      const lock = await this.#options.journal.lock();
      try {
        group = this.#waiting.splice(0, mostInGroup);
        await this.#apply(group);
      } finally {
        await lock.release();
      }
    } catch (caught) {
      if (group.length === 0) group = this.#waiting.splice(0);
      // Those of the group that were answered already are not touched by this.
      for (const { reject } of group) reject(caught);
    }
  }

  async #apply(group: readonly Change[]): Promise<void> {
    const outcomes: (() => void)[] = [];
    let wrotePublic = false;
    for (const isPrivate of [false, true]) {
      const changes = group.filter((change) => change.isPrivate === isPrivate);
      if (changes.length === 0) continue;
      const current = await this.#readAll(changes, isPrivate);
      const written = new Map<ByteString, ByteString>();
      for (const change of changes) outcomes.push(applyOne(change, current, written));
      await this.#options.journal.write(written, isPrivate);
      wrotePublic ||= !isPrivate && written.size > 0;
    }
    if (wrotePublic) this.#options.written();
    for (const tell of outcomes) tell();
  }

  async #readAll(
    changes: readonly Change[],
    isPrivate: boolean,
  ): Promise<Map<ByteString, ByteString | undefined>> {
    const paths = new Set(changes.flatMap(({ files }) => [...files.keys()]));
    const current = new Map<ByteString, ByteString | undefined>();
    await forEachFew([...paths], async (path) => {
      current.set(path, await this.#options.read(path, isPrivate));
    });
    return current;
  }
}

/** Applies all of a change or nothing; gives back how to answer it once everything is on the disk. */
function applyOne(
  { files, resolve, reject }: Change,
  current: Map<ByteString, ByteString | undefined>,
  written: Map<ByteString, ByteString>,
): () => void {
  const results = new Map<ByteString, ByteString>();
  try {
    for (const [path, change] of files) {
      const old = current.get(path);
      const changed = change(old);
      if (changed !== undefined && changed !== old) results.set(path, changed);
    }
  } catch (caught) {
    return () => reject(caught);
  }
  for (const [path, content] of results) {
    current.set(path, content);
    written.set(path, content);
  }
  return () => resolve(results.size > 0);
}

/** Other programs want the lock as well. */
const mostInGroup = 256;
