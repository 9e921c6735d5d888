/**
 * POST checkpresent, all versions (CHECKPRESENT): is the content there now?
 *
 *     POST /git-annex/UUID/v4/checkpresent?key=KEY&clientuuid=UUID
 *     200 {"present":true}
 *
 * What cannot be known is an error, never `false`.
 */

import type { Key } from '../../types/key.ts';
import { contextOf, type Endpoint } from './endpoint.ts';
import { jsonReply } from './message.ts';
import { readCaller, readKey, type Caller } from './parameters.ts';

export const checkPresent: Endpoint<{ readonly key: Key; readonly caller: Caller }> = {
  action: 'read',
  readParameters: ({ query }) => ({ key: readKey(query), caller: readCaller(query) }),
  answer: async (remote, { key, caller }, call) =>
    jsonReply({ present: await remote.checkPresent(key, contextOf(call, caller)) }),
};
