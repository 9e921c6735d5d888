/**
 * POST gettimestamp, versions 3 and 4 (GETTIMESTAMP): whole seconds of the server's monotonic clock, for remove-before.
 *
 *     POST /git-annex/UUID/v4/gettimestamp?clientuuid=UUID
 *     200 {"timestamp":81234}
 */

import { contextOf, type Endpoint } from './endpoint.ts';
import { jsonReply } from './message.ts';
import { readCaller, type Caller } from './parameters.ts';

export const getTimestamp: Endpoint<{ readonly caller: Caller }> = {
  action: 'read',
  readParameters: ({ query }) => ({ caller: readCaller(query) }),
  answer: async (remote, { caller }, call) =>
    jsonReply({ timestamp: await remote.timestamp(contextOf(call, caller)) }),
};
