/**
 * What each repository has by the git-annex branch and the journal, brought forward by what changed since the last look:
 * the first look of a process takes up the sums that the last one left, and a look after a hundred new keys reads a
 * hundred logs. Decision 12.
 *
 * A look never misses a change and never counts one twice: it holds for one commit and the journal over it, and is taken
 * again where the branch moved meanwhile. A file leaves the journal only after the branch has it.
 */

import { locationLogPath } from '../../logs/branch-path.ts';
import { allDifferences } from '../../logs/difference-log.ts';
import { parseUUIDLog } from '../../logs/uuid-log.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { AnnexBranch } from '../branch/annex-branch.ts';
import { BranchReader } from '../branch/branch-reader.ts';
import { Journal } from '../branch/journal.ts';
import { SharedFiles } from '../repository/shared-files.ts';
import { type Amount, Amounts, noAmount } from './amounts.ts';
import { changedLogs, countChange, PresentReader, sumUpBranch, type ChangedLog } from './branch-amounts.ts';
import { JournalOverlay } from './journal-overlay.ts';
import type { SizeState } from './state-file.ts';
import { StateKeeper } from './state-keeper.ts';

export interface SizeSumsOptions {
  /** `.git/annex/annexus/sizes`; made when there is something to keep. */
  readonly directory: string;
  /** Called with each key whose locations may have changed; with none where that may be any key. */
  readonly changed?: ((key?: Key) => void) | undefined;
}

export class SizeSums {
  readonly #branch: AnnexBranch;
  readonly #keeper: StateKeeper;
  readonly #changed: (key?: Key) => void;
  readonly #reader: BranchReader;
  readonly #present: PresentReader;
  readonly #overlay: JournalOverlay;
  #base: { readonly commit: string | undefined; readonly amounts: Amounts } | undefined;
  #oneLevel = false;
  #uuidLog: ByteString | undefined;
  #described: ReadonlySet<UUID> = new Set();
  #looking: Promise<unknown> = Promise.resolve();

  constructor(branch: AnnexBranch, { directory, changed = () => undefined }: SizeSumsOptions) {
    const { repository } = branch;
    this.#changed = changed;
    this.#branch = branch;
    const files = new SharedFiles(repository);
    this.#keeper = new StateKeeper(`${directory}/state`, files);
    this.#reader = new BranchReader(repository);
    this.#present = new PresentReader(repository);
    this.#overlay = new JournalOverlay({
      journal: new Journal(files),
      reader: this.#reader,
      present: this.#present,
    });
  }

  /** Brings the sums to what branch and journal have at some time after the call. */
  async look(): Promise<void> {
    await this.lookAnd(() => undefined);
  }

  /** Looks, and then does something for whose time the sums stay as they are. */
  async lookAnd<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const mine = this.#looking.then(async () => {
      await this.#look();
      return await work();
    });
    this.#looking = mine.catch(() => undefined);
    return await mine;
  }

  /**
   * As lookAnd, for who keeps others waiting meanwhile: where much changed, or all has to be counted again, the sums stay
   * as they are, nothing is done, and the answer is false.
   */
  async lookBriefly(work: () => Promise<void>): Promise<boolean> {
    const mine = this.#looking.then(async () => {
      if (!(await this.#look({ isBrief: true }))) return false;
      await work();
      return true;
    });
    this.#looking = mine.catch(() => undefined);
    return await mine;
  }

  /** As of the last look; undefined for a repository that is neither described nor has or had a key. */
  amountOf(uuid: UUID): Amount | undefined {
    const committed = this.#base?.amounts.get(uuid);
    const journalled = this.#overlay.amounts.get(uuid);
    if (committed === undefined && journalled === undefined)
      return this.#described.has(uuid) ? noAmount : undefined;
    const { keys, unsized, bytes } = committed ?? noAmount;
    const beside = journalled ?? noAmount;
    return { keys: keys + beside.keys, unsized: unsized + beside.unsized, bytes: bytes + beside.bytes };
  }

  /** All that are described or have a key, as of the last look. */
  all(): ReadonlyMap<UUID, Amount> {
    const all = new Map<UUID, Amount>();
    const found = [...(this.#base?.amounts.entries() ?? []), ...this.#overlay.amounts.entries()].map(
      ([uuid]) => uuid,
    );
    for (const uuid of [...this.#described, ...found]) {
      const amount = this.amountOf(uuid) ?? noAmount;
      if (amount.keys > 0 || this.#described.has(uuid)) all.set(uuid, amount);
    }
    return all;
  }

  /** Who has a key, as of the last look: exactly what the sums count. */
  async locations(key: Key): Promise<readonly UUID[]> {
    const path = locationLogPath(key, { oneLevel: this.#oneLevel });
    const overlaid = this.#overlay.get(path);
    if (overlaid !== undefined) return overlaid.after;
    const commit = this.#base?.commit;
    const content = commit === undefined ? undefined : await this.#reader.readAt(commit, path);
    return this.#present.ofBytes(Buffer.from(content ?? '', 'latin1'));
  }

  /** Waits until the sums are kept for the next process. */
  async close(): Promise<void> {
    await this.#looking;
    await this.#keeper.close();
  }

  /** False where that would not be brief. */
  async #look({ isBrief } = { isBrief: false }): Promise<boolean> {
    let isAgain = true;
    while (isAgain) {
      const commit = await this.#reader.tip();
      if (!(await this.#bringTo(commit, isBrief))) return false;
      await this.#overlay.look(commit, this.#changed);
      isAgain = (await this.#reader.tip()) !== commit;
    }
    const differences = (await this.#branch.read('difference.log')) ?? '';
    this.#oneLevel = differences !== '' && allDifferences(differences).has('OneLevelBranchHash');
    const uuidLog = (await this.#branch.read('uuid.log')) ?? '';
    if (uuidLog !== this.#uuidLog) this.#described = new Set(parseUUIDLog(uuidLog).keys());
    this.#uuidLog = uuidLog;
    return true;
  }

  async #bringTo(commit: string | undefined, isBrief: boolean): Promise<boolean> {
    const base = this.#base ?? (await this.#keeper.read());
    if (commit !== undefined && base?.commit === commit) {
      this.#base = base;
      return true;
    }
    const from = base?.commit === undefined ? undefined : { commit: base.commit, amounts: base.amounts };
    const forward =
      commit === undefined || from === undefined ? undefined : await this.#forward(from, commit, isBrief);
    if (forward === undefined && isBrief && commit !== undefined) return false;
    const amounts =
      forward?.amounts ??
      (commit === undefined ? new Amounts() : await sumUpBranch(this.#branch.repository, commit));
    if (forward?.changed === undefined) {
      this.#overlay.forget();
      this.#changed();
    } else {
      for (const { path, key } of forward.changed) {
        this.#overlay.forget(path);
        this.#changed(key);
      }
    }
    this.#base = { commit, amounts };
    if (commit !== undefined) this.#keeper.keep({ commit, amounts });
    return true;
  }

  /** Undefined where the old commit is gone, so that nobody knows what changed, and where it is much though it is to be brief. */
  async #forward(base: SizeState, commit: string, isBrief: boolean): Promise<Forward | undefined> {
    // What ends halfway must leave the sums as they were.
    const amounts = new Amounts(base.amounts.entries());
    const changed: ChangedLog[] = [];
    let count = 0;
    try {
      for await (const log of changedLogs(this.#branch.repository, base.commit, commit)) {
        if (++count <= fewLogs) changed.push(log);
        else if (isBrief) return undefined;
        countChange(amounts, log);
      }
    } catch (error) {
      if (error instanceof AnnexError) return undefined;
      throw error;
    }
    return { amounts, changed: count <= fewLogs ? changed : undefined };
  }
}

interface Forward {
  readonly amounts: Amounts;
  /** Undefined where it is not worth while to name them. */
  readonly changed: readonly ChangedLog[] | undefined;
}

/** They take some tenths of a second. */
const fewLogs = 2000;
