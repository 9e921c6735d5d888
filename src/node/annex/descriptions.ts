/** The descriptions of repositories, from uuid.log. */

import { parseUUIDLog } from '../../logs/uuid-log.ts';
import { bittorrentUUID, webUUID, type UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { AnnexBranch } from '../branch/annex-branch.ts';

/** The special remotes that every repository has, and all that uuid.log describes. */
export async function readDescriptions(branch: AnnexBranch): Promise<ReadonlyMap<UUID, ByteString>> {
  return new Map([...everywhere, ...parseUUIDLog((await branch.read('uuid.log')) ?? '')]);
}

const everywhere: readonly (readonly [UUID, ByteString])[] = [
  [webUUID, 'web'],
  [bittorrentUUID, 'bittorrent'],
];
