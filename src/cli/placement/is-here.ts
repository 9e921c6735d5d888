/** Whether content is in this repository, by a look at the disk. */

import type { OpenAnnex } from '../../node/annex/open-annex.ts';
import type { Key } from '../../types/key.ts';

export async function isHere({ remote: { repository } }: OpenAnnex, key: Key): Promise<boolean> {
  return repository.showsObject(key) || (await repository.findObject(key)) !== undefined;
}
