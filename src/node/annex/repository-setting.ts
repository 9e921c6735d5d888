/** Changes of logs about one repository. What is said of a private one stays in the repository that it was said in. */

import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { privateUUIDs } from '../branch/branch-location-log.ts';
import type { ChangeFile } from '../branch/annex-branch.ts';
import type { OpenAnnex } from './open-annex.ts';

/** @param options.uuid the repository that is spoken of; undefined: none */
export async function changeSetting(
  annex: OpenAnnex,
  { log, uuid }: { readonly log: ByteString; readonly uuid?: UUID | undefined },
  change: ChangeFile,
): Promise<void> {
  const isPrivate = uuid !== undefined && privateUUIDs(await annex.git.config()).has(uuid);
  await annex.branch.change(log, change, { private: isPrivate });
}
