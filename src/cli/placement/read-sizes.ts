/** The sizes of repositories by what location logs say, which balanced expressions look at. */

import { repositorySizes } from '../../node/annex/annex-sizes.ts';
import type { OpenAnnex } from '../../node/annex/open-annex.ts';
import { readDescriptions } from '../../node/annex/descriptions.ts';
import type { UUID } from '../../types/uuid.ts';

/** Bytes; a repository that is described and has nothing has 0, one that nobody knows has no size. */
export async function readSizes(annex: OpenAnnex): Promise<(uuid: UUID) => bigint | undefined> {
  const { byUUID } = await repositorySizes(annex);
  const known = await readDescriptions(annex.branch);
  return (uuid) => {
    const amount = byUUID.get(uuid);
    if (amount !== undefined) return BigInt(amount.sizeBytes);
    return known.has(uuid) ? 0n : undefined;
  };
}
