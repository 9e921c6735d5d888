/**
 * What commands judge placement with: the repositories, what they want, and readers of keys. The command line's `--trust`,
 * `--numcopies` and `--rebalance` are looked at.
 */

import type { OpenAnnex } from '../../node/annex/open-annex.ts';
import { describeRepositories, type Repositories as Described } from '../../node/annex/repositories.ts';
import { CopiesReader } from '../../node/placement/copies-reader.ts';
import { RepositoriesReader } from '../../node/placement/repositories-reader.ts';
import { SubjectReader } from '../../node/placement/subject-reader.ts';
import type { Repositories } from '../../preferred-content/repositories.ts';
import type { TrustLevel } from '../../types/trust-level.ts';
import type { UUID } from '../../types/uuid.ts';
import type { Terminal } from '../terminal.ts';
import { isHere } from './is-here.ts';
import { readSizes } from './read-sizes.ts';

export interface PlacementOptions {
  readonly numcopies?: number | undefined;
  readonly mincopies?: number | undefined;
  readonly rebalance?: boolean | undefined;
  /** Repositories by name. */
  readonly trust?: readonly string[] | undefined;
  readonly semitrust?: readonly string[] | undefined;
  readonly untrust?: readonly string[] | undefined;
}

export interface Placement {
  readonly annex: OpenAnnex;
  readonly described: Described;
  readonly repositories: Repositories;
  readonly copies: CopiesReader;
  readonly subjects: SubjectReader;
  /** Throws AnnexError('config') where nothing has that name. */
  readonly repositoryNamed: (name: string) => UUID;
}

export interface UsePlacementOptions extends PlacementOptions {
  /** The sizes of repositories are read, which takes a while; else nobody's is known. */
  readonly withSizes: boolean;
  readonly terminal: Terminal;
}

/** Opens it, works with it, and closes it whatever happens. */
export async function usePlacement<T>(
  annex: OpenAnnex,
  options: UsePlacementOptions,
  work: (placement: Placement) => Promise<T>,
): Promise<T> {
  const placement = await openPlacement(annex, options);
  try {
    return await work(placement);
  } finally {
    await placement.copies.close();
  }
}

async function openPlacement(annex: OpenAnnex, options: UsePlacementOptions): Promise<Placement> {
  const { branch, locations } = annex;
  const described = await describeRepositories(annex);
  const repositoryNamed = described.named;
  if (options.trust !== undefined) {
    options.terminal.err(
      'annexus: Ignoring request to trust repository, because that can lead to data loss.\n',
    );
  }
  const forcedTrust = new Map<UUID, TrustLevel>([
    ...(options.semitrust ?? []).map((name) => [repositoryNamed(name), 'semitrusted'] as const),
    ...(options.untrust ?? []).map((name) => [repositoryNamed(name), 'untrusted'] as const),
  ]);
  const reader = new RepositoriesReader(branch, {
    sizeOf: options.withSizes ? await readSizes(annex) : () => undefined,
    forcedTrust,
    rebalance: options.rebalance,
  });
  const repositories = await reader.read();
  const copies = new CopiesReader(branch, {
    forced: {
      ...atLeastOne('numCopies', options.numcopies),
      ...atLeastOne('minCopies', options.mincopies),
    },
  });
  const subjects = new SubjectReader({
    branch,
    locations,
    copies,
    here: { uuid: annex.uuid, hasContent: async (key) => await isHere(annex, key) },
  });
  return {
    annex,
    described,
    repositories,
    copies,
    subjects,
    repositoryNamed,
  };
}

function atLeastOne<Name extends string>(
  name: Name,
  value: number | undefined,
): Partial<Record<Name, number>> {
  return (value === undefined ? {} : { [name]: Math.max(1, value) }) as Partial<Record<Name, number>>;
}
