/**
 * PUT (interop reference §4.11).
 *
 *     C: PUT FILE KEY
 *     S: PUT-FROM OFFSET | ALREADY-HAVE | ALREADY-HAVE-PLUS UUID… | ERROR TEXT
 *     C: DATA 3                   all from OFFSET to the end of the content
 *     C: foo
 *     C: VALID | INVALID          from version 1 on
 *     S: SUCCESS | SUCCESS-PLUS UUID… | FAILURE | FAILURE-PLUS UUID… | ERROR TEXT
 *
 * In place of DATA, version 4 has DATA-PRESENT (the content got there by other means), and an ERROR ends the upload
 * without an answer. `DATA 0` and INVALID are how clients give up: what is there to resume from stays.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { Stored, Upload, Validity } from '../remote/remote.ts';
import { ask, reportRefusal, sendError, sendPlus, type Conversation } from './conversation.ts';
import type { Message } from './message.ts';
import { readOnlyText } from './serve-remove.ts';

/** False where the client ended the conversation. */
export async function servePut(
  conversation: Conversation,
  { key, associatedFile }: Extract<Message, { readonly type: 'PUT' }>,
): Promise<boolean> {
  const { mode, remote } = conversation;
  if (mode === 'readonly') return await answerError(conversation, readOnlyText);
  const answer = await ask(conversation, (context) => remote.store(key, {}, context), associatedFile);
  if (answer instanceof AnnexError) return await answerError(conversation, answer.message);
  if (answer.type === 'refused') return await answerError(conversation, answer.reason);
  if (answer.type === 'already-have') {
    await sendPlus(conversation, 'ALREADY-HAVE', answer.plusUUIDs);
    return true;
  }
  try {
    return await receiveUpload(conversation, answer);
  } finally {
    // Does nothing where the upload has ended.
    await answer.abort();
  }
}

async function receiveUpload(conversation: Conversation, upload: Upload): Promise<boolean> {
  const { wire } = conversation;
  await wire.send({ type: 'PUT-FROM', offset: upload.offset });
  const next = await wire.receive({ isDue: true });
  if (next === undefined) return false;
  if (next.type === 'ERROR') return true;
  if (next.type === 'DATA') return await receiveContent(conversation, upload, next.lengthBytes);
  if (next.type === 'DATA-PRESENT' && conversation.version >= 4)
    return await answerStored(conversation, () => upload.dataPresent());
  return await answerError(conversation, 'expected DATA');
}

async function receiveContent(
  conversation: Conversation,
  upload: Upload,
  lengthBytes: number,
): Promise<boolean> {
  const failure = await feed(conversation, upload, lengthBytes);
  // Without a word about it, the content counts if it verifies: so it is with every upload.
  const validity = conversation.version >= 1 ? await receiveValidity(conversation) : 'valid';
  if (validity === 'gone') return false;
  if (validity === undefined) return await answerError(conversation, 'expected VALID or INVALID');
  if (failure !== undefined) return await answerError(conversation, failure.message);
  if (lengthBytes === 0 && validity === 'invalid') {
    await conversation.wire.send({ type: 'FAILURE' });
    return true;
  }
  return await answerStored(conversation, () => upload.finish(validity));
}

/**
 * Takes all bytes of the DATA off the wire, since the next message comes behind them, and sends them to the upload for as
 * long as it takes them. Given back is why it did not. A long rest is not waited for: the conversation ends.
 */
async function feed(
  conversation: Conversation,
  upload: Upload,
  lengthBytes: number,
): Promise<AnnexError | undefined> {
  if (lengthBytes === 0) return undefined;
  upload.announce(lengthBytes);
  let failure: AnnexError | undefined;
  let leftBytes = lengthBytes;
  for await (const chunk of conversation.wire.receiveData(lengthBytes)) {
    leftBytes -= chunk.length;
    if (failure !== undefined) continue;
    const sent = await ask(conversation, () => upload.send(chunk));
    if (!(sent instanceof AnnexError)) continue;
    failure = sent;
    if (leftBytes > maxDroppedBytes) throw failure;
  }
  return failure;
}

async function receiveValidity({ wire }: Conversation): Promise<Validity | 'gone' | undefined> {
  const message = await wire.receive({ isDue: true });
  if (message === undefined) return 'gone';
  if (message.type === 'VALID') return 'valid';
  return message.type === 'INVALID' ? 'invalid' : undefined;
}

async function answerStored(conversation: Conversation, end: () => Promise<Stored>): Promise<true> {
  const stored = await ask(conversation, end);
  if (stored instanceof AnnexError) return await answerError(conversation, stored.message);
  if (!stored.stored) reportRefusal(conversation, 'PUT', stored.reason);
  await sendPlus(conversation, stored.stored ? 'SUCCESS' : 'FAILURE', stored.plusUUIDs);
  return true;
}

/** Stock clients do not show this text, so it is reported as well. */
async function answerError(conversation: Conversation, text: string): Promise<true> {
  reportRefusal(conversation, 'PUT', text);
  await sendError(conversation, text);
  return true;
}

/** After a failed upload, this much is read and dropped so that the conversation can go on. */
const maxDroppedBytes = 64 * 1024 * 1024;
