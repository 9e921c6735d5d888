/**
 * REMOVE, REMOVE-BEFORE and GETTIMESTAMP over HTTP.
 *
 *     C: POST /git-annex/UUID/v4/remove-before?key=KEY&clientuuid=UUID&timestamp=SECONDS
 *     S: 200 {"removed":false,"plusuuids":[]}
 *     S: 500 Something went wrong                  git-annex where the content is locked
 *
 * A server without version 3 has no removal before a time, and none without a limit is ever sent in its place: the limit
 * protects copies whose locks run out.
 */

import type { Context, Removed, RemoveOptions } from '../../../remote/remote.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import type { Key } from '../../../types/key.ts';
import type { AnnexApi, Question, Reply } from './annex-api.ts';
import { booleanOf, countOf, plusUUIDsOf, reasonOf, statusError } from './answer.ts';
import { askPresent } from './presence.ts';

/** As `Remote.remove`. */
export async function removeOver(
  api: AnnexApi,
  { key, before }: RemoveOptions & { readonly key: Key },
  context: Context,
): Promise<Removed> {
  const question: Question =
    before === undefined
      ? { endpoint: 'remove', query: { key } }
      : { endpoint: 'remove-before', query: { key, timestamp: `${before}` }, minVersion: 3 };
  const reply = await api.ask(question, context);
  if (reply === undefined) return await withoutDeadlines(api, key, context);
  if (!reply.ok && reply.answer.status === 500) return await failedRemoval(reply, { api, key }, context);
  const answer = await api.json(reply);
  const plusUUIDs = plusUUIDsOf(answer, api.uuid);
  if (booleanOf(answer, 'removed')) return { removed: true, plusUUIDs };
  return { removed: false, reason: reasonOf(answer, `${api.who} did not remove ${key}`), plusUUIDs };
}

/** As `Remote.timestamp`. */
export async function timestampOver(api: AnnexApi, context: Context): Promise<number> {
  const reply = await api.ask({ endpoint: 'gettimestamp', minVersion: 3 }, context);
  if (reply !== undefined) return countOf(await api.json(reply), 'timestamp');
  throw new AnnexError('peer', `${api.who} does not answer, or is too old to tell its time`);
}

async function withoutDeadlines(api: AnnexApi, key: Key, context: Context): Promise<Removed> {
  // What is not there counts as removed. This also tells a server that is too old from one that is none.
  if (!(await askPresent(key, api, context))) return { removed: true, plusUUIDs: [] };
  const reason = `${api.who} is too old to remove ${key} only before a time`;
  return { removed: false, reason, plusUUIDs: [] };
}

/** git-annex fails so where content is locked. It is a plain no where the content is seen to be there still. */
async function failedRemoval(
  reply: Reply & { readonly ok: false },
  { api, key }: { readonly api: AnnexApi; readonly key: Key },
  context: Context,
): Promise<Removed> {
  const error = statusError(reply.answer, api.who);
  if (!(await askPresent(key, api, context))) throw error;
  return { removed: false, reason: error.message, plusUUIDs: [] };
}
