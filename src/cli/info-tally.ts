/** Counts what is in many files or keys, for `info`, in one stream. */

import type { Key } from '../types/key.ts';
import { keySizeBytes } from '../types/key.ts';
import { isClusterUUID } from '../types/cluster-uuid.ts';
import type { UUID } from '../types/uuid.ts';
import { addKey, noAmount, type Amount } from '../node/sizes/amounts.ts';
import type { Repositories } from '../node/annex/repositories.ts';
import type { Subject, SubjectNeed } from '../preferred-content/subject.ts';
import { inOrder } from '../util/in-order.ts';
import type { ItemMatcher } from './matching/item-matcher.ts';
import type { MatchedItem } from './matching/matched-item.ts';

export interface Tally {
  /** Everything that was counted; a key counts once for each file that has it. */
  readonly all: Amount;
  /** What of it is in this repository, by a look at the disk. */
  readonly here: Amount;
  /** What repositories are logged to have of it, clusters too. */
  readonly byRepository: ReadonlyMap<UUID, Amount>;
  /** How many files have so many copies more than they should have, or fewer (negative). */
  readonly variances: ReadonlyMap<number, number>;
  readonly byBackend: ReadonlyMap<string, number>;
}

export interface TallyOptions {
  readonly matcher: ItemMatcher;
  readonly repositories: Repositories;
  /** Only what needs no look into the git-annex branch. */
  readonly fast: boolean;
}

export async function tallyItems(
  items: AsyncIterable<MatchedItem>,
  { matcher, repositories, fast }: TallyOptions,
): Promise<Tally> {
  let [all, here] = [noAmount, noAmount];
  const byRepository = new Map<UUID, Amount>();
  const [variances, byBackend] = [new Map<number, number>(), new Map<string, number>()];
  const isCopy = (uuid: UUID): boolean => !isClusterUUID(uuid) && repositories.trust(uuid) !== 'untrusted';
  const needs = fast ? fastNeeds : allNeeds;
  const work = async (item: MatchedItem): Promise<Subject> => await matcher.read(item, needs);
  for await (const subject of inOrder(matcher.filter(items), { atOnce, work })) {
    const { key, locations, numCopies } = subject;
    const size = keySizeBytes(key);
    all = addKey(all, size);
    if (subject.here?.hasContent === true) here = addKey(here, size);
    const backend = backendOf(key);
    byBackend.set(backend, (byBackend.get(backend) ?? 0) + 1);
    if (fast) continue;
    for (const uuid of locations) byRepository.set(uuid, addKey(byRepository.get(uuid) ?? noAmount, size));
    const variance = [...locations].filter(isCopy).length - numCopies;
    variances.set(variance, (variances.get(variance) ?? 0) + 1);
  }
  return { all, here, byRepository, variances, byBackend };
}

function backendOf(key: Key): string {
  return key.slice(0, key.indexOf('-'));
}

const atOnce = 256;
const fastNeeds: ReadonlySet<SubjectNeed> = new Set(['here'] as const);
const allNeeds: ReadonlySet<SubjectNeed> = new Set(['here', 'locations', 'numcopies'] as const);
