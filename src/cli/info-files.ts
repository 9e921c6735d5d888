/** What `annexus info` says about the annexed files of a directory or of a tree that git has. */

import { chosenItems } from './items.ts';
import { infoField, infoList, type InfoField } from './info-field.ts';
import type { InfoContext } from './info-context.ts';
import { combinedAmount, repositorySizes } from './info-sizes.ts';
import { tallyItems, type Tally } from './info-tally.ts';
import type { ItemMatcher } from './matching/item-matcher.ts';
import type { MatchedItem } from './matching/matched-item.ts';
import { amountText } from './size-text.ts';

/** `path` as it was named; a directory without annexed files has none. */
export async function* directoryFields(
  path: string,
  matcher: ItemMatcher,
  context: InfoContext,
): AsyncGenerator<InfoField> {
  const { annex, cwd } = context;
  const items = chosenItems(annex, { paths: [path] }, { cwd, unknown: () => undefined });
  yield infoField('directory', path);
  const tally = await tallyItems(annex.git.bare ? noItems() : items, {
    ...context,
    matcher,
    fast: isFast(context),
  });
  yield* tallyFields(tally, 'working tree', context);
}

/** Copies of files in a tree are not counted, since nobody knows how many of them there should be. */
export async function* treeFields(
  tree: string,
  matcher: ItemMatcher,
  context: InfoContext,
): AsyncGenerator<InfoField> {
  const { annex, cwd } = context;
  const items = chosenItems(annex, { paths: [], branch: tree }, { cwd, unknown: () => undefined });
  yield infoField('tree', tree);
  const tally = await tallyItems(keysOf(items), { ...context, matcher, fast: isFast(context) });
  yield* tallyFields({ ...tally, variances: new Map() }, 'tree', context);
}

/** How many files there are, and of what size. */
export function* fileCountFields(
  { all }: Tally,
  where: 'working tree' | 'tree',
  { options }: InfoContext,
): Generator<InfoField> {
  yield infoField(`annexed files in ${where}`, all.keys);
  yield infoField(`size of annexed files in ${where}`, amountText(all, options));
}

function* tallyFields(
  tally: Tally,
  where: 'working tree' | 'tree',
  context: InfoContext,
): Generator<InfoField> {
  const { here, variances, byRepository } = tally;
  const { options } = context;
  yield infoField('local annex keys', here.keys);
  yield infoField('local annex size', amountText(here, options));
  yield* fileCountFields(tally, where, context);
  if (isFast(context)) return;
  const stats = [...variances]
    .sort(([left], [right]) => right - left)
    .map(([variance, files]): [string, number] => [variance < 0 ? String(variance) : `+${variance}`, files]);
  const lines = stats.map(([variance, files]) => `numcopies ${variance}: ${files}`);
  yield infoList('numcopies stats', '', lines, stats);
  const head = String(byRepository.size);
  yield repositorySizes({ name: 'repositories containing these files', head }, byRepository, context);
  const combined = amountText(combinedAmount(byRepository), options);
  yield infoField('combined size of repositories containing these files', combined);
}

async function* keysOf(items: AsyncIterable<MatchedItem>): AsyncGenerator<MatchedItem> {
  for await (const { key } of items) yield { key };
}

async function* noItems(): AsyncGenerator<MatchedItem> {}

function isFast({ options }: InfoContext): boolean {
  return options.fast === true;
}
