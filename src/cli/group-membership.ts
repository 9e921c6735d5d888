/** Changes the groups that a repository is in. */

import { changeGroupLog, parseGroupLog } from '../logs/group-log.ts';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { changeSetting } from '../node/annex/repository-setting.ts';
import type { UUID } from '../types/uuid.ts';
import type { ByteString } from '../util/byte-string.ts';
import type { ItemResult } from './report.ts';

export async function changeGroups(
  annex: OpenAnnex,
  uuid: UUID,
  change: (groups: readonly ByteString[]) => readonly ByteString[],
): Promise<ItemResult> {
  await changeSetting(annex, { log: 'group.log', uuid }, (old = '') => {
    const groups = change([...(parseGroupLog(old).get(uuid) ?? [])]);
    return changeGroupLog(old, { uuid, groups, nowSeconds: annex.nowSeconds() });
  });
  return { success: true };
}
