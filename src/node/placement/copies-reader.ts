/**
 * How many copies a file should have (numcopies) and must have before one is dropped (mincopies). What is found first
 * counts: what the command line said, `.gitattributes` (annex.numcopies, annex.mincopies), numcopies.log or
 * mincopies.log, the git configuration's annex.numcopies, and 1. Nothing below 1 counts as less.
 */

import { parseCopiesLog } from '../../logs/copies-log.ts';
import { parseHaskellInteger } from '../../logs/haskell-integer.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { AnnexBranch } from '../branch/annex-branch.ts';
import { CheckAttr } from '../git/check-attr.ts';

export interface Copies {
  readonly numCopies: number;
  readonly minCopies: number;
}

export interface CopiesReaderOptions {
  /** `--numcopies` and `--mincopies`. */
  readonly forced?: Partial<Copies> | undefined;
}

export class CopiesReader {
  readonly #branch: AnnexBranch;
  readonly #forced: Partial<Copies>;
  readonly #attributes: CheckAttr | undefined;

  constructor(branch: AnnexBranch, { forced = {} }: CopiesReaderOptions = {}) {
    this.#branch = branch;
    this.#forced = forced;
    const { workTree } = branch.repository;
    if (workTree !== undefined)
      this.#attributes = new CheckAttr({ workTree, attributes: [numCopiesName, minCopiesName] });
  }

  /** @param path of a file, from the top of the repository; undefined: what holds where no file is known */
  async copies(path: ByteString | undefined): Promise<Copies> {
    const { numCopies: forcedNum, minCopies: forcedMin } = this.#forced;
    const isForced = forcedNum !== undefined && forcedMin !== undefined;
    const attributes = path === undefined || isForced ? undefined : await this.#attributes?.read(path);
    return {
      numCopies:
        forcedNum ?? copiesOf(attributes?.get(numCopiesName)) ?? (await this.#everywhere('numcopies')),
      minCopies:
        forcedMin ?? copiesOf(attributes?.get(minCopiesName)) ?? (await this.#everywhere('mincopies')),
    };
  }

  /** Ends the git that reads attributes. */
  async close(): Promise<void> {
    await this.#attributes?.close();
  }

  async #everywhere(name: 'numcopies' | 'mincopies'): Promise<number> {
    const logged = parseCopiesLog((await this.#branch.read(`${name}.log`)) ?? '');
    if (logged !== undefined || name === 'mincopies') return logged ?? 1;
    return copiesOf((await this.#branch.repository.config()).get(numCopiesName)) ?? 1;
  }
}

function copiesOf(text: ByteString | undefined): number | undefined {
  const value = text === undefined ? undefined : parseHaskellInteger(text);
  if (value === undefined) return undefined;
  return value < 1n ? 1 : Number(value > maxCopies ? maxCopies : value);
}

const numCopiesName = 'annex.numcopies';
const minCopiesName = 'annex.mincopies';
const maxCopies = BigInt(Number.MAX_SAFE_INTEGER);
