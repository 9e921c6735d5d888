/**
 * POST remove, all versions (REMOVE): drop the content. Absent content counts as removed.
 *
 *     POST /git-annex/UUID/v4/remove?key=KEY&clientuuid=UUID
 *     200 {"removed":true,"plusuuids":[]}
 *
 * Versions 0 and 1 have no `plusuuids`. Content that is locked, or that not every node could remove, is `removed:false`,
 * with `reason` saying why; `plusuuids` then still names where it is gone from.
 */

import type { Removed } from '../../remote/remote.ts';
import type { Key } from '../../types/key.ts';
import { contextOf, plusUUIDs, type Call, type Endpoint } from './endpoint.ts';
import { jsonReply, type HttpReply } from './message.ts';
import { readCaller, readKey, type Caller } from './parameters.ts';

export const remove: Endpoint<{ readonly key: Key; readonly caller: Caller }> = {
  action: 'remove',
  readParameters: ({ query }) => ({ key: readKey(query), caller: readCaller(query) }),
  answer: async (remote, { key, caller }, call) =>
    removedReply(await remote.remove(key, {}, contextOf(call, caller)), call),
};

export function removedReply(answer: Removed, call: Call): HttpReply {
  return jsonReply({
    ...plusUUIDs(call, answer.plusUUIDs),
    removed: answer.removed,
    ...(answer.removed ? {} : { reason: answer.reason }),
  });
}
