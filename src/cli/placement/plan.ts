/**
 * `annexus plan`: what would move where if the repositories' expressions were applied now, before anything moves: keys and
 * bytes that each repository gets and drops, and what is in the way. `--without` and `--with` ask the same about
 * repositories that are to go or to come. Works through the tree, or all keys, in a stream.
 */

import { withRepository, withoutRepositories } from '../../preferred-content/changed-repositories.ts';
import type { KeyOutcome } from '../../preferred-content/plan-key.ts';
import type { Repositories } from '../../preferred-content/repositories.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { isClusterUUID } from '../../types/cluster-uuid.ts';
import { parseSizeText } from '../../types/size-text.ts';
import type { UUID } from '../../types/uuid.ts';
import { textToByteString } from '../../util/byte-string.ts';
import { inOrder } from '../../util/in-order.ts';
import { checkChoice, choosesKeys, chosenItems } from '../items.ts';
import { useMatcher } from '../matching/item-matcher.ts';
import type { MatchedItem } from '../matching/matched-item.ts';
import type { MatchingOptions } from '../matching/matching-options.ts';
import { Report, type OutputOptions } from '../report.ts';
import type { Terminal } from '../terminal.ts';
import { withAnnex } from '../with-annex.ts';
import { usePlacement, type Placement } from './placement.ts';
import { PlanReport } from './plan-report.ts';
import { Planner } from './planner.ts';

export interface PlanOptions extends OutputOptions, MatchingOptions {
  readonly all?: boolean | undefined;
  readonly branch?: string | undefined;
  readonly files?: boolean | undefined;
  /** Repositories by name. */
  readonly without?: readonly string[] | undefined;
  /** `GROUP[,GROUP][=MAXSIZE]` of a new repository. */
  readonly with?: readonly string[] | undefined;
}

export async function plan(
  paths: readonly string[],
  options: PlanOptions,
  terminal: Terminal,
): Promise<number> {
  const choice = { paths, all: options.all, branch: options.branch };
  checkChoice(choice);
  const report = new Report('plan', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    const actsOnKeys = choosesKeys(annex, choice);
    const matching = { ...options, otherwise: 'anything', actsOnKeys, terminal } as const;
    const items = chosenItems(annex, choice, {
      cwd: terminal.cwd,
      unknown: (error) => report.failure(error),
    });
    await usePlacement(annex, { ...options, withSizes: true, terminal }, async (placement) => {
      const changes = changed(placement, options);
      const candidates = candidatesOf(placement, changes.repositories);
      const planner = new Planner({ ...changes, candidates, here: annex.uuid });
      const planReport = new PlanReport({ ...changes, planner, candidates, terminal });
      await useMatcher(annex, matching, async (matcher) => {
        for await (const { item, outcome } of planned(matcher.filter(items), placement, planner)) {
          if (options.files === true) planReport.item(item, outcome, options);
        }
      });
      planReport.totals(options);
    });
    return report.finish();
  });
}

async function* planned(
  items: AsyncIterable<MatchedItem>,
  { copies, subjects }: Placement,
  planner: Planner,
): AsyncGenerator<{ readonly item: MatchedItem; readonly outcome: KeyOutcome }> {
  const read = inOrder(items, {
    atOnce: readAtOnce,
    work: async (item) => {
      const path = item.file?.topPath;
      const file = path === undefined ? noFile : ({ type: 'path', path } as const);
      const withAttributes = item.file?.isInTree !== true;
      const [subject, wanted] = await Promise.all([
        subjects.read(item.key, { file, needs: planner.needs, withAttributes }),
        copies.copies(withAttributes ? path : undefined),
      ]);
      return { item, subject, wanted };
    },
  });
  for await (const { item, subject, wanted } of read) yield { item, outcome: planner.plan(subject, wanted) };
}

interface Changed {
  readonly repositories: Repositories;
  readonly leaving: ReadonlySet<UUID>;
  readonly titleOf: (uuid: UUID) => string;
}

/** The repositories as the options would have them. */
function changed(
  { described, repositories: now, repositoryNamed }: Placement,
  options: PlanOptions,
): Changed {
  const leaving = new Set((options.without ?? []).map(repositoryNamed));
  let repositories = withoutRepositories(now, leaving);
  const titles = new Map<UUID, string>();
  for (const text of options.with ?? []) {
    const { groups, maxSize } = parseNew(text);
    // A name that no UUID has; it comes last where UUIDs are sorted.
    const uuid = `new${titles.size + 1}` as UUID;
    titles.set(uuid, `a new one in ${groups.join(', ')}`);
    repositories = withRepository(repositories, { uuid, groups: groups.map(textToByteString), maxSize });
  }
  return {
    repositories: { ...repositories, sizeOf: (uuid) => (titles.has(uuid) ? 0n : now.sizeOf(uuid)) },
    leaving,
    titleOf: (uuid) => titles.get(uuid) ?? (described.title(uuid) || uuid),
  };
}

function parseNew(text: string): {
  readonly groups: readonly string[];
  readonly maxSize: bigint | undefined;
} {
  const [names = '', size, ...more] = text.split('=');
  const groups = names.split(',').filter((group) => group !== '');
  const maxSize = size === undefined ? undefined : parseSizeText(size);
  if (groups.length === 0 || more.length > 0 || (size !== undefined && maxSize === undefined))
    throw new AnnexError('config', `--with wants GROUP[,GROUP][=MAXSIZE], not ${text}`);
  return { groups, maxSize };
}

/** Those with an expression: this one, then remotes by their cost, then what is known only by its UUID. */
function candidatesOf({ annex, described }: Placement, repositories: Repositories): readonly UUID[] {
  const costs = new Map<UUID, number>();
  const { configured, instantiated } = described.remotes;
  for (const { uuid, cost } of [...configured, ...instantiated]) {
    if (uuid !== undefined) costs.set(uuid, Math.min(cost, costs.get(uuid) ?? cost));
  }
  costs.set(annex.uuid, 0);
  const costOf = (uuid: UUID): number => costs.get(uuid) ?? Number.MAX_VALUE;
  return [...new Set([...repositories.preferred.keys(), ...repositories.required.keys()])]
    .filter((uuid) => !isClusterUUID(uuid) && repositories.trustOf(uuid) !== 'dead')
    .sort((left, right) => costOf(left) - costOf(right) || (left < right ? -1 : 1));
}

const readAtOnce = 256;
const noFile = { type: 'none' } as const;
