/**
 * POST put, all versions (PUT): store content.
 *
 *     POST /git-annex/UUID/v4/put?key=KEY&clientuuid=UUID&associatedfile=FILE&offset=0
 *     X-git-annex-data-length: 3
 *
 *     foo
 *     200 {"stored":true,"plusuuids":[]}
 *
 * A body that is not as long as its header says tells that the content changed while it was sent: nothing is stored.
 * What came of a shorter one is kept to resume from. Version 4 has `data-present=true`: no body, the content got there
 * by other means. `stored:false` comes with a `reason`.
 */

import type { Context, Remote, Stored, Upload } from '../../remote/remote.ts';
import { AnnexError, type ErrorCode } from '../../types/annex-error.ts';
import type { Key } from '../../types/key.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { contentChanged } from './content-changed.ts';
import {
  contextOf,
  plusUUIDs,
  type Call,
  type Endpoint,
  type GrantedCall,
  type Services,
} from './endpoint.ts';
import { refusedReply } from './failure.ts';
import { jsonReply, type HttpReply, type HttpRequest } from './message.ts';
import {
  readAssociatedFile,
  readCaller,
  readDataLength,
  readDataPresent,
  readKey,
  readOffset,
  type Caller,
} from './parameters.ts';
import { withoutPaths } from './without-paths.ts';

interface PutParameters {
  readonly key: Key;
  readonly caller: Caller;
  readonly dataPresent: boolean;
  readonly associatedFile: ByteString | undefined;
  /** Bytes of the content that the body leaves out at its beginning. */
  readonly offset: number;
  /** Bytes that the body has. */
  readonly lengthBytes: number;
}

export const put: Endpoint<PutParameters> = {
  action: 'write',
  readParameters: ({ query, version, request }) => ({
    // In the order in which git-annex complains.
    dataPresent: version >= 4 && readDataPresent(query),
    key: readKey(query),
    caller: readCaller(query),
    associatedFile: readAssociatedFile(query),
    offset: readOffset(query),
    lengthBytes: readDataLength(request),
  }),
  answer: async (remote, parameters, call, services) => {
    const context = contextOf(call, parameters.caller, parameters.associatedFile);
    return await store(remote, parameters, context, { call, services });
  },
};

async function store(
  remote: Remote,
  parameters: PutParameters,
  context: Context,
  { call, services }: { readonly call: GrantedCall; readonly services: Services },
): Promise<HttpReply> {
  const from = parameters.dataPresent ? 0 : parameters.offset;
  const answer = await remote.store(parameters.key, { from }, context);
  if (answer.type === 'already-have') return storedReply({ stored: true, plusUUIDs: answer.plusUUIDs }, call);
  if (answer.type === 'refused' && answer.code === 'behind') {
    return storedReply({ stored: false, reason: answer.reason, plusUUIDs: [] }, call);
  }
  if (answer.type === 'refused') return refusedReply(answer);
  const stored = parameters.dataPresent
    ? await answer.dataPresent()
    : await receive(answer, parameters, call.request);
  const { key, caller, associatedFile } = parameters;
  const receivedBytes = parameters.dataPresent ? 0 : parameters.lengthBytes;
  contentChanged(stored, { type: 'store', key, caller, associatedFile, receivedBytes }, { call, services });
  return storedReply(stored, call);
}

function storedReply(answer: Stored, call: Call): HttpReply {
  return jsonReply({
    ...plusUUIDs(call, answer.plusUUIDs),
    stored: answer.stored,
    ...(answer.stored ? {} : { reason: withoutPaths(answer.reason) }),
  });
}

/** Feeds the body to the upload, and ends the upload in every case. */
async function receive(upload: Upload, parameters: PutParameters, request: HttpRequest): Promise<Stored> {
  const { offset, lengthBytes } = parameters;
  const skipBytes = upload.offset - offset;
  try {
    const lie = announcedLie(request, lengthBytes);
    if (lie !== undefined) return await abandon(upload, lie);
    if (skipBytes < 0) {
      return await abandon(upload, `the offset is ${offset}, but only ${upload.offset} bytes are here`);
    }
    // Longer than the content can be: it counts only if it verifies, and is no longer in the way if it does not.
    if (skipBytes > lengthBytes) return await upload.finish('invalid');
    upload.announce(lengthBytes - skipBytes);
    const receivedBytes = await feed(upload, { skipBytes, lengthBytes }, request.body);
    if (receivedBytes === lengthBytes) return await upload.finish('valid');
    return await abandon(
      upload,
      `the length is ${lengthBytes} bytes, but ${amount(receivedBytes, lengthBytes)} came`,
    );
  } catch (error) {
    await upload.abort();
    // Bytes that cannot be the key's are the client's doing: an answer, not a failure of ours.
    if (error instanceof AnnexError && clientsFault.has(error.code)) {
      return { stored: false, reason: error.message, plusUUIDs: [] };
    }
    throw error;
  }
}

const clientsFault: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['protocol', 'verification']);

/** What the two length headers already show to be wrong. A shorter body is received, for resuming. */
function announcedLie(request: HttpRequest, lengthBytes: number): string | undefined {
  const contentLength = request.header('content-length');
  if (contentLength === undefined || Number(contentLength) <= lengthBytes) return undefined;
  return `the length is ${lengthBytes} bytes, but ${contentLength} bytes were announced`;
}

/**
 * Sends the body on, without its first `skipBytes`. A chunk that goes past `lengthBytes` is not sent.
 * @returns how many bytes the body had, though reading stops at the first chunk too many
 */
async function feed(
  upload: Upload,
  options: { readonly skipBytes: number; readonly lengthBytes: number },
  body: AsyncIterable<Uint8Array>,
): Promise<number> {
  let receivedBytes = 0;
  let skipBytes = options.skipBytes;
  for await (const chunk of body) {
    receivedBytes += chunk.length;
    if (receivedBytes > options.lengthBytes) break;
    if (skipBytes === 0) {
      await upload.send(chunk);
    } else if (chunk.length <= skipBytes) {
      skipBytes -= chunk.length;
    } else {
      const rest = chunk.subarray(skipBytes);
      skipBytes = 0;
      await upload.send(rest);
    }
  }
  return receivedBytes;
}

async function abandon(upload: Upload, reason: string): Promise<Stored> {
  await upload.abort();
  return { stored: false, reason, plusUUIDs: [] };
}

function amount(receivedBytes: number, lengthBytes: number): string {
  return receivedBytes > lengthBytes ? 'more' : `${receivedBytes}`;
}
