/**
 * One conversation of the line protocol on the server's side, as the files that answer its messages see it: the wire, the
 * Remote, and what was agreed so far.
 *
 * What a Remote throws is an answer to that one message, and the conversation lives. What the wire throws ends the
 * conversation, and so does the aborted signal: both pass through every `serve` function as they are.
 */

import { toAnnexError, type AnnexError } from '../types/annex-error.ts';
import type { EventSink } from '../types/event.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import { isASCII, textToByteString, type ByteString } from '../util/byte-string.ts';
import type { ContentLock, Context, Remote, ServerMode } from '../remote/remote.ts';
import type { Message, ProtocolVersion } from './message.ts';
import type { Wire } from './wire.ts';

export interface Conversation {
  readonly wire: Wire;
  /** Another one after SERVE. */
  remote: Remote;
  readonly mode: ServerMode;
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly events: EventSink;
  clientUUID: UUID;
  /** 0 until the client says VERSION. */
  version: ProtocolVersion;
  bypass: readonly UUID[];
  /** Locks that were not ended by UNLOCKCONTENT. They hold until their time is over. */
  readonly leftLocks: LeftLock[];
}

/** A content lock that the conversation left behind, which runs out by itself. */
export interface LeftLock {
  readonly key: Key;
  readonly lock: ContentLock;
}

/** Asks the Remote. What it throws is reported and given back as a value, unless the conversation was aborted. */
export async function ask<T>(
  conversation: Conversation,
  question: (context: Context) => Promise<T>,
  associatedFile?: ByteString,
): Promise<T | AnnexError> {
  const { clientUUID, bypass, requestId, signal, events } = conversation;
  try {
    return await question({ clientUUID, bypass, associatedFile, requestId, signal });
  } catch (caught) {
    signal.throwIfAborted();
    const error = toAnnexError(caught, 'request failed');
    events({ type: 'request-failed', requestId, error });
    return error;
  }
}

/** Sends an ERROR with this text, which may name keys and files. */
export async function sendError({ wire }: Conversation, text: string): Promise<void> {
  // Keys and names within a message are bytes already.
  const isBytes = isASCII(text) || !/[^\0-\xff]/.test(text);
  const message = (isBytes ? text : textToByteString(text)).slice(0, maxErrorBytes);
  await wire.send({ type: 'ERROR', message });
}

/** An answer that may name further repositories, where the client's version has words for them. */
export async function sendPlus(
  { wire, version }: Conversation,
  type: 'SUCCESS' | 'FAILURE' | 'ALREADY-HAVE',
  uuids: readonly UUID[],
): Promise<void> {
  const message: Message = version >= 2 && uuids.length > 0 ? { type: `${type}-PLUS`, uuids } : { type };
  await wire.send(message);
}

/** Says why the answer is no, which the protocol has no place for. */
export function reportRefusal(
  { events, requestId }: Conversation,
  request: Message['type'],
  reason: string,
): void {
  events({ type: 'request-refused', requestId, request, reason });
}

// Well below what a line may have.
const maxErrorBytes = 8192;
