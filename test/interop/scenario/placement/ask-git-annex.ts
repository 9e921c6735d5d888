// Asks real git-annex which files a repository wants to get or to drop.
import type { UUID } from '../../../../src/types/uuid.ts';
import { byteStringToBytes } from '../../../../src/util/byte-string.ts';
import { runIn, type Release } from '../../../support/git-annex.ts';
import type { PlacementFile } from './random-world.ts';

/** One run of git-annex over many files. */
export interface Question {
  readonly uuid: UUID;
  readonly want: 'get' | 'drop';
  readonly rebalance: boolean;
}

export interface AskOptions {
  readonly dir: string;
  readonly release: Release;
  /**
   * Named on standard input; undefined for the whole tree. `find` over a tree often waits for ever where an expression has
   * a balanced term.
   */
  readonly files: readonly PlacementFile[] | undefined;
}

/** The keys of the files that git-annex lists; undefined where it does not end. */
export async function askGitAnnex(
  { uuid, want, rebalance }: Question,
  { dir, release, files }: AskOptions,
): Promise<ReadonlySet<string> | undefined> {
  const find = ['git', 'annex', 'find', '--format=${key}\\n', `--want-${want}-by=${uuid}`];
  const argv = [
    ...find,
    ...(files === undefined ? [] : ['--batch', '-z']),
    ...(rebalance ? ['--rebalance'] : []),
  ];
  const input = byteStringToBytes((files ?? []).map(({ path }) => `${path}\0`).join(''));
  const timeoutMs = 20_000 + 10 * (files?.length ?? 0);
  try {
    const { stdout } = await runIn(dir, argv, { release, input, timeoutMs });
    return new Set(stdout.split('\n').filter((line) => line !== ''));
  } catch (error) {
    if (error instanceof Error && error.message.includes('did not end within')) return undefined;
    throw error;
  }
}
