/**
 * GET and HEAD of a key's content (GET), as git-annex's client needs it; any other has `web/get-key-unversioned.ts`.
 *
 *     GET /git-annex/UUID/v4/key/KEY?clientuuid=UUID&associatedfile=FILE&offset=N
 *     200, X-git-annex-data-length: BYTES, the content from the offset on
 *
 * Content that turned out to have changed while it was sent comes a byte short of that header. Absent content is 404.
 */

import type { Key } from '../../types/key.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { contentStream } from './content-stream.ts';
import { contextOf, type Endpoint } from './endpoint.ts';
import { textReply } from './message.ts';
import { readAssociatedFile, readCaller, readOffset, readPathKey, type Caller } from './parameters.ts';

interface GetParameters {
  readonly key: Key;
  readonly caller: Caller;
  readonly associatedFile: ByteString | undefined;
  readonly offset: number;
}

export const getKey: Endpoint<GetParameters> = {
  action: 'read',
  readParameters: ({ pathKey = '', query }) => ({
    key: readPathKey(pathKey),
    caller: readCaller(query),
    associatedFile: readAssociatedFile(query),
    offset: readOffset(query),
  }),
  answer: async (remote, { key, caller, associatedFile, offset }, call) => {
    const content = await remote.retrieve(key, { offset }, contextOf(call, caller, associatedFile));
    if (content === undefined) return textReply(404, 'content not present');
    return {
      status: 200,
      headers: [
        'Content-Type',
        'application/octet-stream',
        'X-git-annex-data-length',
        `${content.lengthBytes}`,
      ],
      body: contentStream(content),
    };
  },
};
