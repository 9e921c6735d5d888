/**
 * The location logs of the journal, which hide those of the branch, and what is only for this repository to know, which
 * goes after either. Only files that changed since the last look are read.
 */

import { parseBranchPath } from '../../logs/branch-path.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { BranchReader } from '../branch/branch-reader.ts';
import { forEachFew } from '../branch/annex-files.ts';
import type { Journal, JournalEntry } from '../branch/journal.ts';
import { Amounts } from './amounts.ts';
import { countChange, type PresentReader } from './branch-amounts.ts';

/** A key whose location log in the branch is not what counts. */
export interface OverlaidLog {
  readonly key: Key;
  /** Who has the key by the branch, and by what counts. */
  readonly before: readonly UUID[];
  readonly after: readonly UUID[];
}

interface StaleLog {
  readonly path: ByteString;
  readonly key: Key;
  readonly version: string;
  /** False where another content could come to bear the same version. */
  readonly isSettled: boolean;
}

type Entry = StaleLog & OverlaidLog;

export interface OverlayOptions {
  readonly journal: Journal;
  readonly reader: BranchReader;
  readonly present: PresentReader;
}

export class JournalOverlay {
  /** What counts beside the branch; negative where the journal takes something away. */
  readonly amounts: Amounts = new Amounts();
  readonly #options: OverlayOptions;
  readonly #entries = new Map<ByteString, Entry>();
  #seen: string | undefined;

  constructor(options: OverlayOptions) {
    this.#options = options;
  }

  /** Undefined where the branch's own location log counts. */
  get(path: ByteString): OverlaidLog | undefined {
    return this.#entries.get(path);
  }

  /** Forgets what was read of a file, whose content in the branch changed; of all files unless one is named. */
  forget(path?: ByteString): void {
    if (path !== undefined) this.#remove(path);
    else for (const each of this.#entries.keys()) this.#remove(each);
    this.#seen = undefined;
  }

  /**
   * Looks at the journal, which counts over this commit. The caller has forgotten the files in which the commit differs
   * from that of the last look. Calls back with each key whose log changed, appeared or went.
   */
  async look(commit: string | undefined, changed: (key: Key) => void): Promise<void> {
    const { journal } = this.#options;
    const version = journal.version();
    if (version !== undefined && version === this.#seen) return;
    const shared = new Set(await journal.paths());
    const own = new Set(await journal.paths(true));
    const paths = own.size === 0 ? shared : new Set([...shared, ...own]);
    for (const [path, { key }] of this.#entries) {
      if (paths.has(path)) continue;
      this.#remove(path);
      changed(key);
    }
    const stale = [...paths].flatMap((path) => {
      const files = [
        shared.has(path) ? journal.entry(path) : undefined,
        own.has(path) ? journal.entry(path, true) : undefined,
      ];
      return this.#staleLog(path, files) ?? [];
    });
    await forEachFew(stale, async (log) => {
      const { before, after } = await this.#read(log.path, commit);
      this.#remove(log.path);
      this.#entries.set(log.path, { ...log, before, after });
      countChange(this.amounts, { key: log.key, before, after });
      changed(log.key);
    });
    this.#seen = version;
  }

  /** What is to be read anew at this path; undefined for what is known as it is, and for no location log. */
  #staleLog(path: ByteString, files: readonly (JournalEntry | undefined)[]): StaleLog | undefined {
    const known = this.#entries.get(path);
    const key = known?.key ?? locationLogKey(path);
    if (key === undefined) return undefined;
    const version = files.map((file) => file?.version ?? '').join(' ');
    const isSettled = files.every((file) => file?.isSettled !== false);
    if (known?.version === version && known.isSettled) return undefined;
    return { path, key, version, isSettled };
  }

  async #read(path: ByteString, commit: string | undefined): Promise<Pick<OverlaidLog, 'before' | 'after'>> {
    const { journal, reader, present } = this.#options;
    const own = (await journal.readPrivate(path)) ?? '';
    const journalled = await journal.read(path);
    const committed = commit === undefined ? '' : ((await reader.readAt(commit, path)) ?? '');
    const presentIn = (content: ByteString): readonly UUID[] =>
      present.ofBytes(Buffer.from(content, 'latin1'));
    return { before: presentIn(committed), after: presentIn((journalled ?? committed) + own) };
  }

  #remove(path: ByteString): void {
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    this.#entries.delete(path);
    countChange(this.amounts, { key: entry.key, before: entry.after, after: entry.before });
  }
}

function locationLogKey(path: ByteString): Key | undefined {
  const found = parseBranchPath(path);
  return found.type === 'key' && found.log === 'location' ? found.key : undefined;
}
