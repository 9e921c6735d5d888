/** The sizes of repositories by what location logs say, which balanced expressions look at. */

import type { OpenAnnex } from '../../node/annex/open-annex.ts';
import type { UUID } from '../../types/uuid.ts';

/** Bytes as of now; undefined for a repository that nobody knows. */
export async function readSizes({ sizes: { sums } }: OpenAnnex): Promise<(uuid: UUID) => bigint | undefined> {
  await sums.look();
  return (uuid) => sums.amountOf(uuid)?.bytes;
}
