/**
 * POST remove-before, versions 3 and 4 (REMOVE-BEFORE): drop the content while the server's clock is before a time.
 *
 *     POST /git-annex/UUID/v4/remove-before?key=KEY&clientuuid=UUID&timestamp=SECONDS
 *     200 {"removed":false,"plusuuids":[]}
 *
 * The time is in the clock that gettimestamp of the same UUID tells; it is handed to the Remote as it is.
 */

import type { Key } from '../../types/key.ts';
import type { Endpoint } from './endpoint.ts';
import { readCaller, readKey, readTimestamp, type Caller } from './parameters.ts';
import { removeContent } from './remove.ts';

export const removeBefore: Endpoint<{ readonly key: Key; readonly caller: Caller; readonly before: number }> =
  {
    action: 'remove',
    readParameters: ({ query }) => ({
      key: readKey(query),
      caller: readCaller(query),
      before: readTimestamp(query),
    }),
    answer: async (remote, parameters, call, services) =>
      await removeContent(remote, parameters, { call, services }),
  };
