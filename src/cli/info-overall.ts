/** What `annexus info` says about the whole repository; with matching options of what matches. */

import { statfs } from 'node:fs/promises';
import { localAmount } from '../node/annex/annex-sizes.ts';
import type { TrustLevel } from '../types/trust-level.ts';
import type { UUID } from '../types/uuid.ts';
import type { Amount } from '../node/sizes/amounts.ts';
import { fileCountFields } from './info-files.ts';
import { infoField, infoList, type InfoField } from './info-field.ts';
import type { InfoContext } from './info-context.ts';
import { combinedAmount, repositorySizes } from './info-sizes.ts';
import { tallyItems } from './info-tally.ts';
import { chosenItems } from './items.ts';
import type { ItemMatcher } from './matching/item-matcher.ts';
import { amountText, sizeText } from './size-text.ts';

export async function* overallFields(matcher: ItemMatcher, context: InfoContext): AsyncGenerator<InfoField> {
  const { annex, options } = context;
  for (const level of ['trusted', 'semitrusted', 'untrusted'] as const)
    yield repositoriesField(level, context);
  const settings = await annex.remote.repository.settings();
  const disk = await statfs(annex.git.gitDir);
  const free = Math.max(0, disk.bavail * disk.bsize - settings.diskReserveBytes);
  const reserve = sizeText(settings.diskReserveBytes, options);
  yield infoField('available local disk space', `${sizeText(free, options)} (+${reserve} reserved)`);
  if (options.fast === true) return;
  yield* contentFields(matcher, context);
}

async function* contentFields(matcher: ItemMatcher, context: InfoContext): AsyncGenerator<InfoField> {
  const { annex, cwd, options } = context;
  const choosing = { cwd, unknown: () => undefined };
  const matched =
    options.matching === undefined
      ? undefined
      : await tallyItems(chosenItems(annex, { paths: [], all: true }, choosing), {
          ...context,
          matcher,
          fast: false,
        });
  const local = matched?.here ?? (await localAmount(annex));
  yield infoField('local annex keys', local.keys);
  yield infoField('local annex size', amountText(local, options));
  const top = annex.git.workTree;
  const files = await tallyItems(chosenItems(annex, { paths: [] }, { ...choosing, cwd: top ?? cwd }), {
    ...context,
    matcher,
    fast: true,
  });
  yield* fileCountFields(files, 'working tree', context);
  yield* sizeFields(matched?.byRepository ?? (await allAmounts(context)), {
    unsized: matched?.all.unsized ?? 0,
    context,
  });
  const backends = [...files.byBackend].sort(([left], [right]) => (left < right ? -1 : 1));
  const lines = backends.map(([name, count]) => `${name}: ${count}`);
  yield infoList('backend usage', '', lines, Object.fromEntries(backends));
}

/** A key that does not tell its size counts once, however many repositories have it. */
function* sizeFields(
  amounts: ReadonlyMap<UUID, Amount>,
  { unsized, context }: { readonly unsized: number; readonly context: InfoContext },
): Generator<InfoField> {
  const combined = amountText({ ...combinedAmount(amounts), unsized }, context.options);
  yield infoField('combined annex size of all repositories', combined);
  yield repositorySizes({ name: 'annex sizes of repositories', head: '' }, amounts, context);
}

/** Of all that have something. */
async function allAmounts({ annex, repositories }: InfoContext): Promise<ReadonlyMap<UUID, Amount>> {
  const { sums } = annex.sizes;
  await sums.look();
  return new Map(
    [...sums.all()].filter(([uuid, { bytes }]) => bytes > 0n && repositories.trust(uuid) !== 'dead'),
  );
}

function repositoriesField(level: TrustLevel, { annex, repositories }: InfoContext): InfoField {
  const uuids = repositories.uuids.filter((uuid) => repositories.trust(uuid) === level);
  const json = uuids.map((uuid) => ({
    description: repositories.description(uuid),
    here: uuid === annex.uuid,
    uuid,
  }));
  const lines = uuids.map((uuid) => `${uuid} -- ${repositories.title(uuid)}`);
  return infoList(`${level} repositories`, String(uuids.length), lines, json);
}
