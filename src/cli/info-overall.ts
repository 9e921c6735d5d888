/** What `annexus info` says about the whole repository. */

import { statfs } from 'node:fs/promises';
import { localAmount } from '../node/annex/annex-sizes.ts';
import type { TrustLevel } from '../types/trust-level.ts';
import { compareByteStrings } from '../util/byte-string.ts';
import { infoField, infoList, type InfoField } from './info-field.ts';
import type { InfoContext } from './info-context.ts';
import { amountText, compareSizes, sizeText } from './size-text.ts';
import { titled } from './titled.ts';

export async function* overallFields(context: InfoContext): AsyncGenerator<InfoField> {
  const { annex, options } = context;
  for (const level of ['trusted', 'semitrusted', 'untrusted'] as const)
    yield repositoriesField(level, context);
  const settings = await annex.remote.repository.settings();
  const disk = await statfs(annex.git.gitDir);
  const free = Math.max(0, disk.bavail * disk.bsize - settings.diskReserveBytes);
  const reserve = sizeText(settings.diskReserveBytes, options);
  yield infoField('available local disk space', `${sizeText(free, options)} (+${reserve} reserved)`);
  if (options.fast === true) return;
  const local = await localAmount(annex);
  yield infoField('local annex keys', local.keys);
  yield infoField('local annex size', amountText(local, options));
  yield* sizeFields(context);
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

async function* sizeFields({ annex, repositories, options }: InfoContext): AsyncGenerator<InfoField> {
  const { sums } = annex.sizes;
  await sums.look();
  const alive = [...sums.all()]
    .filter(([uuid]) => repositories.trust(uuid) !== 'dead')
    .map(([uuid, { bytes }]) => ({ uuid, bytes }));
  const combined = alive.reduce((sum, { bytes }) => sum + bytes, 0n);
  yield infoField('combined annex size of all repositories', sizeText(combined, options));
  const bySize = alive
    .filter(({ bytes }) => bytes > 0n)
    .sort((left, right) => compareSizes(right.bytes, left.bytes) || compareByteStrings(left.uuid, right.uuid))
    .map(({ uuid, bytes }) => ({ uuid, size: sizeText(bytes, { ...options, short: true }) }));
  const width = Math.max(0, ...bySize.map(({ size }) => size.length));
  yield infoList(
    'annex sizes of repositories',
    '',
    bySize.map(({ uuid, size }) => `${size.padStart(width)}: ${titled(uuid, repositories.title(uuid))}`),
    bySize.map(({ uuid, size }) => ({
      description: repositories.description(uuid),
      here: uuid === annex.uuid,
      size,
      uuid,
    })),
  );
}
