/**
 * POST remove, all versions (REMOVE): drop the content. Absent content counts as removed.
 *
 *     POST /git-annex/UUID/v4/remove?key=KEY&clientuuid=UUID
 *     200 {"removed":true,"plusuuids":[]}
 *
 * Versions 0 and 1 have no `plusuuids`. Content that is locked, or that not every node could remove, is `removed:false`,
 * with `reason` saying why; `plusuuids` then still names where it is gone from.
 */

import type { Remote, Removed } from '../../remote/remote.ts';
import type { Key } from '../../types/key.ts';
import { contentChanged } from './content-changed.ts';
import {
  contextOf,
  plusUUIDs,
  type Call,
  type Endpoint,
  type GrantedCall,
  type Services,
} from './endpoint.ts';
import { jsonReply, type HttpReply } from './message.ts';
import { readCaller, readKey, type Caller } from './parameters.ts';
import { withoutPaths } from './without-paths.ts';

export const remove: Endpoint<{ readonly key: Key; readonly caller: Caller }> = {
  action: 'remove',
  readParameters: ({ query }) => ({ key: readKey(query), caller: readCaller(query) }),
  answer: async (remote, parameters, call, services) =>
    await removeContent(remote, parameters, { call, services }),
};

/** @param parameters.before in the clock of the Remote; undefined for no limit */
export async function removeContent(
  remote: Remote,
  { key, caller, before }: { readonly key: Key; readonly caller: Caller; readonly before?: number },
  { call, services }: { readonly call: GrantedCall; readonly services: Services },
): Promise<HttpReply> {
  const removed = await remote.remove(key, before === undefined ? {} : { before }, contextOf(call, caller));
  const details = {
    type: 'remove',
    key,
    caller,
    associatedFile: undefined,
    receivedBytes: undefined,
  } as const;
  contentChanged(removed, details, { call, services });
  return removedReply(removed, call);
}

function removedReply(answer: Removed, call: Call): HttpReply {
  return jsonReply({
    ...plusUUIDs(call, answer.plusUUIDs),
    removed: answer.removed,
    ...(answer.removed ? {} : { reason: withoutPaths(answer.reason) }),
  });
}
