/**
 * POST lockcontent, all versions (LOCKCONTENT): keep the content from being removed, for ten minutes at first.
 *
 *     POST /git-annex/UUID/v4/lockcontent?key=KEY&clientuuid=UUID
 *     200 {"locked":true,"lockid":"f48c1707-b030-4db4-93fa-226883ed1495"}      or {"locked":false}
 *
 * The lockid is for keeplocked. A lock that no client can have heard of is let go: the only early end besides unlock.
 */

import type { Key } from '../../types/key.ts';
import { contextOf, type Endpoint } from './endpoint.ts';
import { jsonReply } from './message.ts';
import { readCaller, readKey, type Caller } from './parameters.ts';
import { withoutPaths } from './without-paths.ts';

export const lockContent: Endpoint<{ readonly key: Key; readonly caller: Caller }> = {
  action: 'lock',
  readParameters: ({ query }) => ({ key: readKey(query), caller: readCaller(query) }),
  answer: async (remote, { key, caller }, call, { locks }) => {
    const context = contextOf(call, caller);
    const taken = await locks.take(() => remote.lockContent(key, context));
    if (!taken.locked) return jsonReply({ locked: false, reason: withoutPaths(taken.reason) });
    if (context.signal.aborted) {
      await locks.release(taken.lockID);
      return jsonReply({ locked: false, reason: 'the client is gone' });
    }
    return jsonReply({ locked: true, lockid: taken.lockID });
  },
};
