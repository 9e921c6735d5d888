/**
 * GET over HTTP.
 *
 *     C: GET /git-annex/UUID/v4/key/KEY?clientuuid=UUID&associatedfile=FILE&offset=N
 *     S: 200, X-git-annex-data-length: BYTES, the content from the offset on
 *     S: 200, X-git-annex-data-length: 0           git-annex, also where the content is not present
 *     S: 404                                       Annexus where it is not present; anyone where the repository is unknown
 *
 * The two doubtful answers are settled by CHECKPRESENT. A body of another length than announced is not valid.
 */

import type { Content, Context, RetrieveOptions } from '../../../remote/remote.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import { keySizeBytes, parentKey, type Key } from '../../../types/key.ts';
import { collect } from '../../../util/bytes.ts';
import { formatParameter, parseInteger } from '../values.ts';
import type { AnnexApi, Question, Reply } from './annex-api.ts';
import { statusError } from './answer.ts';
import type { ClientResponse } from './http-transport.ts';
import { HttpContent } from './http-content.ts';
import { askPresent } from './presence.ts';

/** As `Remote.retrieve`. */
export async function retrieveOver(
  api: AnnexApi,
  { key, offset }: RetrieveOptions & { readonly key: Key },
  context: Context,
): Promise<Content | undefined> {
  const question: Question = {
    method: 'GET',
    endpoint: `key/${formatParameter(key)}`,
    query: {
      associatedfile: context.associatedFile,
      offset: offset === 0 ? undefined : `${offset}`,
    },
    headers: ['Accept', 'application/octet-stream'],
    isTransfer: true,
  };
  let reply = await api.askVersion('known', question, context);
  if (isMissing(reply)) {
    if (!(await askPresent(key, api, context))) return undefined;
    // By now the version is known.
    reply = await api.askVersion('known', question, context);
  }
  if (!reply.ok) throw statusError(reply.answer, api.who);
  return await contentOf(reply.response, { api, key, offset }, context);
}

function isMissing(reply: Reply): boolean {
  return !reply.ok && (reply.answer.status === 404 || reply.answer.status === 400);
}

async function contentOf(
  response: ClientResponse,
  { api, key, offset }: { readonly api: AnnexApi; readonly key: Key; readonly offset: number },
  context: Context,
): Promise<Content | undefined> {
  const body = response.body[Symbol.asyncIterator]();
  try {
    const sizeBytes = contentSize(key);
    const expectedBytes = sizeBytes === undefined ? undefined : Math.max(0, sizeBytes - offset);
    const lengthBytes = announcedLength(response) ?? expectedBytes;
    if (lengthBytes === undefined) {
      throw new AnnexError('protocol', `${api.who} does not say how long ${key} is`);
    }
    const content = new HttpContent(body, { lengthBytes, who: api.who, signal: context.signal });
    if (lengthBytes === 0) {
      // To its end first: git-annex's server is busy with this request until then.
      await collect(content.chunks);
      if (!(await askPresent(key, api, context))) return undefined;
    }
    if (expectedBytes !== undefined && lengthBytes !== expectedBytes) {
      const message = `${api.who} has ${lengthBytes} bytes of ${key} from byte ${offset} on, expected ${expectedBytes}`;
      throw new AnnexError('remote', message);
    }
    return content;
  } catch (error) {
    await body.return?.();
    throw error;
  }
}

/** Of the content of a key; a chunk key has the size of the whole. */
function contentSize(key: Key): number | undefined {
  return parentKey(key) === key ? keySizeBytes(key) : undefined;
}

function announcedLength(response: ClientResponse): number | undefined {
  const text = response.header('x-git-annex-data-length') ?? response.header('content-length');
  const length = text === undefined ? undefined : parseInteger(text);
  return length === undefined || length < 0 ? undefined : length;
}
