/**
 * GET and HEAD of a key's content without a version, for any client that speaks HTTP:
 *
 *     GET /git-annex/UUID/key/KEY?associatedfile=photo.jpg
 *     200, Content-Type: image/jpeg, ETag, Accept-Ranges: bytes; 206, 304, 416 as a client asks for
 *
 * Content that turns out to have changed while it was sent ends with a broken connection. Absent content is 404.
 */

import { keyName, type Key } from '../../../types/key.ts';
import type { ByteString } from '../../../util/byte-string.ts';
import { contextOf, type Endpoint } from '../endpoint.ts';
import { textReply, type HttpReply } from '../message.ts';
import { readAssociatedFile, readCaller, readPathKey, type Caller } from '../parameters.ts';
import { cacheControl } from './cache-control.ts';
import { keyResource } from './key-resource.ts';
import { presentation } from './presentation.ts';
import { resourceReply } from './resource-reply.ts';

interface Parameters {
  readonly key: Key;
  readonly caller: Caller;
  readonly associatedFile: ByteString | undefined;
}

export const getKeyUnversioned: Endpoint<Parameters> = {
  action: 'read',
  readParameters: ({ pathKey = '', query, serverUUID }) => ({
    key: readPathKey(pathKey),
    caller: readCaller(query, serverUUID),
    associatedFile: readAssociatedFile(query),
  }),
  answer: async (source, { key, caller, associatedFile }, call, services) => {
    const { request, grant, publicURL } = call;
    const resource = keyResource(key, {
      source,
      context: contextOf(call, caller, associatedFile),
      publicURL,
    });
    const reply = await resourceReply(resource, {
      request,
      presentation: presentation({
        name: associatedFile ?? keyName(key),
        isFileName: associatedFile !== undefined,
      }),
      cacheControl: cacheControl({ request, grant, isFixed: resource.tag.isStrong }),
      sendfile: services.sendfile,
      absent: () => notPresent,
    });
    return withDataLength(reply);
  },
};

/** As git-annex's server has it. */
function withDataLength(reply: HttpReply): HttpReply {
  const { status, headers, body } = reply;
  if (status !== 200 || typeof body !== 'object') return reply;
  return { ...reply, headers: [...headers, 'X-git-annex-data-length', `${body.lengthBytes}`] };
}

const notPresent: HttpReply = textReply(404, 'content not present');
