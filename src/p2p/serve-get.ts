/**
 * GET (interop reference §4.10).
 *
 *     C: GET OFFSET FILE KEY
 *     S: DATA 3
 *     S: foo
 *     S: VALID | INVALID          from version 1 on
 *     C: SUCCESS | FAILURE
 *
 * Absent content is `DATA 0` and INVALID. Exactly as many bytes follow as DATA said: content that fails in the middle
 * leaves no honest way to go on, and breaks the connection.
 */

import { AnnexError, toAnnexError } from '../types/annex-error.ts';
import type { Content, Validity } from '../remote/remote.ts';
import { ask, sendError, type Conversation } from './conversation.ts';
import type { Message } from './message.ts';

/** False where the client ended the conversation. */
export async function serveGet(
  conversation: Conversation,
  { key, offset, associatedFile }: Extract<Message, { readonly type: 'GET' }>,
): Promise<boolean> {
  const { wire, remote } = conversation;
  const content = await ask(
    conversation,
    (context) => remote.retrieve(key, { offset }, context),
    associatedFile,
  );
  if (content instanceof AnnexError) {
    await sendError(conversation, content.message);
    return true;
  }
  const validity =
    content === undefined ? await sendNothing(conversation) : await sendContent(conversation, content);
  if (conversation.version >= 1) await wire.send({ type: validity === 'valid' ? 'VALID' : 'INVALID' });
  return await receiveOutcome(conversation);
}

async function sendNothing({ wire }: Conversation): Promise<Validity> {
  await wire.send({ type: 'DATA', lengthBytes: 0 });
  return 'invalid';
}

async function sendContent({ wire, signal }: Conversation, content: Content): Promise<Validity> {
  const { lengthBytes } = content;
  const chunks = content.chunks[Symbol.asyncIterator]();
  let sentBytes = 0;
  try {
    await wire.send({ type: 'DATA', lengthBytes });
    for (;;) {
      const next = await chunks.next().catch((caught: unknown) => {
        signal.throwIfAborted();
        throw toAnnexError(caught, 'sending content');
      });
      if (next.done === true) break;
      sentBytes += next.value.length;
      if (sentBytes > lengthBytes)
        throw new AnnexError('invariant', `content gave more than ${lengthBytes} bytes`);
      await wire.sendBytes(next.value);
    }
    if (sentBytes < lengthBytes)
      throw new AnnexError('remote', `content ended ${lengthBytes - sentBytes} bytes before its end`);
  } finally {
    await chunks.return?.();
  }
  return await content.validity();
}

/** The client says whether it got the content, which changes nothing here. An ERROR in its place is an answer as well. */
async function receiveOutcome(conversation: Conversation): Promise<boolean> {
  const outcome = await conversation.wire.receive();
  if (outcome === undefined) return false;
  if (!outcomes.has(outcome.type)) {
    await sendError(conversation, 'expected SUCCESS or SUCCESS-PLUS or FAILURE or FAILURE-PLUS');
  }
  return true;
}

const outcomes: ReadonlySet<string> = new Set<Message['type']>([
  'SUCCESS',
  'SUCCESS-PLUS',
  'FAILURE',
  'FAILURE-PLUS',
  'ERROR',
]);
