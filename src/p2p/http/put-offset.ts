/**
 * POST putoffset, versions 1 to 4: from where would a put of this key go on?
 *
 *     POST /git-annex/UUID/v4/putoffset?key=KEY&clientuuid=UUID
 *     200 {"offset":2000}        or {"alreadyhave":true,"plusuuids":[]}
 *
 * It begins an upload and abandons it, which keeps what an earlier try left. What cannot be told is an error and never
 * `alreadyhave`: a client takes that word for a stored copy.
 */

import type { Key } from '../../types/key.ts';
import { contextOf, plusUUIDs, type Endpoint } from './endpoint.ts';
import { refusedReply } from './failure.ts';
import { jsonReply } from './message.ts';
import { readCaller, readKey, type Caller } from './parameters.ts';

export const putOffset: Endpoint<{ readonly key: Key; readonly caller: Caller }> = {
  action: 'write',
  readParameters: ({ query }) => ({ key: readKey(query), caller: readCaller(query) }),
  answer: async (remote, { key, caller }, call) => {
    const answer = await remote.store(key, {}, contextOf(call, caller));
    if (answer.type === 'already-have') {
      return jsonReply({ alreadyhave: true, ...plusUUIDs(call, answer.plusUUIDs) });
    }
    if (answer.type === 'refused') return refusedReply(answer);
    const { offset } = answer;
    await answer.abort();
    return jsonReply({ offset });
  },
};
