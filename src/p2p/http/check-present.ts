/**
 * POST checkpresent, all versions (CHECKPRESENT): is the content there now?
 *
 *     POST /git-annex/UUID/v4/checkpresent?key=KEY&clientuuid=UUID
 *     200 {"present":true}
 *
 * By GET as well, for programs that are no git-annex. What cannot be known is an error, never `false`.
 */

import type { Key } from '../../types/key.ts';
import { contextOf, type Endpoint } from './endpoint.ts';
import { jsonReply } from './message.ts';
import { readCaller, readKey, type Caller } from './parameters.ts';

export const checkPresent: Endpoint<{ readonly key: Key; readonly caller: Caller }> = {
  action: 'read',
  readParameters: ({ query }) => ({ key: readKey(query), caller: readCaller(query) }),
  answer: async (remote, { key, caller }, call) => {
    const reply = jsonReply({ present: await remote.checkPresent(key, contextOf(call, caller)) });
    if (call.request.method === 'POST') return reply;
    return { ...reply, headers: [...reply.headers, 'Cache-Control', 'no-store'] };
  },
};
