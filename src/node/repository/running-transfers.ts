/**
 * The transfers between a repository and others that run now, whoever runs them: `annex/transfer/DIRECTION/UUID/KEYFILE`
 * whose lock is held (see `transfer-lock.ts`). What a process left that died is none.
 *
 * Directories are looked at once a second at most, when somebody asks, and read only when they changed or had transfers.
 */

import { readdir } from 'node:fs/promises';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { Clock } from '../../util/clock.ts';
import { tryLockFile } from '../lock/file-lock.ts';
import { filePath, statFile } from './file-system.ts';

export interface RunningTransfersOptions {
  /** The repository's `annex` directory. */
  readonly annexDirectory: ByteString;
  readonly clock: Clock;
}

export class RunningTransfers {
  readonly #options: RunningTransfersOptions;
  readonly #directories = new Map<UUID, readonly TransferDirectory[]>();
  #lookedSeconds = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(options: RunningTransfersOptions) {
    this.#options = options;
  }

  /** Looks at what runs with these repositories, unless that was done just now. Undefined: there is nothing to wait for. */
  look(uuids: readonly UUID[]): Promise<void> | undefined {
    const nowSeconds = this.#options.clock.elapsedSeconds();
    const isFresh = nowSeconds - this.#lookedSeconds < freshSeconds;
    if (isFresh && uuids.every((uuid) => this.#directories.has(uuid))) return this.#looking;
    this.#lookedSeconds = nowSeconds;
    for (const uuid of uuids) {
      if (!this.#directories.has(uuid)) this.#directories.set(uuid, this.#directoriesOf(uuid));
    }
    const all = [...this.#directories.values()].flat();
    const looking = Promise.all(all.map((directory) => directory.look())).then(() => {
      if (this.#looking === looking) this.#looking = undefined;
    });
    this.#looking = looking;
    return looking;
  }

  /** How many ran with the repository at the last look. */
  count(uuid: UUID): number {
    return (this.#directories.get(uuid) ?? []).reduce((sum, { count }) => sum + count, 0);
  }

  #directoriesOf(uuid: UUID): readonly TransferDirectory[] {
    return ['upload', 'download'].map(
      (direction) => new TransferDirectory(`${this.#options.annexDirectory}/transfer/${direction}/${uuid}`),
    );
  }
}

class TransferDirectory {
  /** How many transfers ran at the last look. */
  count = 0;
  readonly #path: ByteString;
  /** Nanoseconds; undefined where it has to be read in any case. */
  #emptySince: bigint | undefined;
  /** Files of transfers that were found dead, with what they looked like. */
  #dead: ReadonlyMap<ByteString, string> = new Map();

  constructor(path: ByteString) {
    this.#path = path;
  }

  /** Never fails: what cannot be read is taken for nothing running. */
  async look(): Promise<void> {
    try {
      const { mtimeNs } = await statFile(filePath(this.#path), { bigint: true });
      if (mtimeNs === this.#emptySince) return;
      const names = (await readdir(filePath(this.#path), 'latin1')).filter(
        (name) => !name.startsWith('lck.'),
      );
      // A change that comes in the same tick of the file system's clock would not show.
      const isSettled = BigInt(Date.now()) * 1_000_000n - mtimeNs > settledNs;
      this.#emptySince = names.length === 0 && isSettled ? mtimeNs : undefined;
      await this.#count(names.slice(0, maxTransfers));
    } catch {
      this.count = 0;
      this.#emptySince = undefined;
    }
  }

  async #count(names: readonly ByteString[]): Promise<void> {
    const dead = new Map<ByteString, string>();
    let count = 0;
    for (const name of names) {
      const look = await lookOf(`${this.#path}/${name}`);
      if (look === undefined) continue;
      if (this.#dead.get(name) !== look && (await isLocked(`${this.#path}/lck.${name}`))) count++;
      else dead.set(name, look);
    }
    this.#dead = dead;
    this.count = count;
  }
}

/** Whoever begins the transfer again writes the file anew. */
async function lookOf(path: ByteString): Promise<string | undefined> {
  try {
    const { ino, mtimeNs } = await statFile(filePath(path), { bigint: true });
    return `${ino}:${mtimeNs}`;
  } catch {
    return undefined;
  }
}

/** Takes the lock for an instant where nobody has it. */
async function isLocked(path: ByteString): Promise<boolean> {
  try {
    const lock = await tryLockFile(filePath(path), { mode: 'shared' });
    await lock?.release();
    return lock === undefined;
  } catch {
    return false;
  }
}

const freshSeconds = 1;
const settledNs = 1_000_000_000n;
/** As busy as a node can be, for whoever chooses among several. */
const maxTransfers = 64;
