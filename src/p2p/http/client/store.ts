/**
 * Beginning an upload over HTTP.
 *
 *     C: POST /git-annex/UUID/v4/putoffset?key=KEY&clientuuid=UUID
 *     S: 200 {"offset":2000}
 *     S: 200 {"alreadyhave":true,"plusuuids":[]}         it is there, or git-annex could not tell (interop reference §6.6)
 *
 * An `alreadyhave` that names no other repository is believed only where CHECKPRESENT says the same: git-annex also
 * answers it when it may not or cannot take an upload.
 */

import type { Context, Refused, StoreAnswer } from '../../../remote/remote.ts';
import type { Key } from '../../../types/key.ts';
import type { Version } from '../endpoint.ts';
import type { AnnexApi } from './annex-api.ts';
import { countOf, plusUUIDsOf, statusError } from './answer.ts';
import { askPresent } from './presence.ts';

/** From where an upload goes on, or why there is none. */
export type Beginning =
  | { readonly type: 'from'; readonly offset: number; readonly version: Version }
  | Exclude<StoreAnswer, { readonly type: 'upload' }>;

export async function beginStore(api: AnnexApi, key: Key, context: Context): Promise<Beginning> {
  const question = { endpoint: 'putoffset', query: { key }, minVersion: 1 } as const;
  const reply = await api.ask(question, context);
  if (reply === undefined) {
    // Version 0 has no putoffset, and neither has a server that does not know the repository: that one fails here.
    if (await askPresent(key, api, context)) return { type: 'already-have', plusUUIDs: [] };
    return { type: 'from', offset: 0, version: 0 };
  }
  if (!reply.ok) {
    const code = refusalOf(reply.answer.status);
    const error = statusError(reply.answer, api.who);
    if (code === undefined) throw error;
    return { type: 'refused', code, reason: error.message };
  }
  const answer = await api.json(reply);
  if (answer['alreadyhave'] !== true) {
    return { type: 'from', offset: countOf(answer, 'offset'), version: reply.version };
  }
  const plusUUIDs = plusUUIDsOf(answer, api.uuid);
  if (plusUUIDs.length > 0 || (await askPresent(key, api, context)))
    return { type: 'already-have', plusUUIDs };
  const reason = `${api.who} takes no upload of ${key}: it answers that it has it already, and it has not`;
  return { type: 'refused', code: 'unavailable', reason };
}

function refusalOf(status: number): Refused['code'] | undefined {
  if (status === 401 || status === 403) return 'access';
  if (status === 503) return 'busy';
  if (status === 507) return 'no-space';
  return undefined;
}
