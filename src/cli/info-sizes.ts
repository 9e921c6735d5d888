/** How much repositories have, as `info` lists it. */

import type { Amount } from '../node/sizes/amounts.ts';
import { noAmount } from '../node/sizes/amounts.ts';
import type { UUID } from '../types/uuid.ts';
import { compareByteStrings } from '../util/byte-string.ts';
import { infoList, type InfoField } from './info-field.ts';
import type { InfoContext } from './info-context.ts';
import { compareSizes, sizeText } from './size-text.ts';
import { titled } from './titled.ts';

/** The largest first. */
export function repositorySizes(
  { name, head }: { readonly name: string; readonly head: string },
  amounts: ReadonlyMap<UUID, Amount>,
  { annex, options, repositories }: InfoContext,
): InfoField {
  const bySize = [...amounts]
    .sort(
      ([leftUUID, left], [rightUUID, right]) =>
        compareSizes(right.bytes, left.bytes) || compareByteStrings(leftUUID, rightUUID),
    )
    .map(([uuid, { bytes }]) => ({ uuid, size: sizeText(bytes, { ...options, short: true }) }));
  const width = Math.max(0, ...bySize.map(({ size }) => size.length));
  return infoList(
    name,
    head,
    bySize.map(({ uuid, size }) => `${size.padStart(width)}: ${titled(uuid, repositories.title(uuid))}`),
    bySize.map(({ uuid, size }) => ({
      description: repositories.description(uuid),
      here: uuid === annex.uuid,
      size,
      uuid,
    })),
  );
}

export function combinedAmount(amounts: ReadonlyMap<UUID, Amount>): Amount {
  return [...amounts.values()].reduce(
    (sum, { bytes, keys, unsized }) => ({
      bytes: sum.bytes + bytes,
      keys: sum.keys + keys,
      unsized: sum.unsized + unsized,
    }),
    noAmount,
  );
}
