/**
 * The server's side of one conversation of the P2P protocol over any channel (design/p2p_protocol; interop reference
 * §4.16 has the states). The same whatever is served: a repository, a proxied remote, a cluster.
 *
 *     S: AUTH-SUCCESS 44beee73-31fc-41bf-b86d-712473137299
 *     C: VERSION 4
 *     S: VERSION 4
 *     C: CHECKPRESENT SHA256E-s19--00c5….txt
 *     S: FAILURE
 *     C: FOO bar
 *     S: ERROR unknown command
 *
 * A line that makes no sense is answered, and the conversation goes on. It ends with the client's end or its ERROR, with
 * CONNECT, and where the wire breaks.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { EventSink } from '../types/event.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { Remote, ServerMode } from '../remote/remote.ts';
import { ask, sendError, type Conversation, type LeftLock } from './conversation.ts';
import { greet, type Greeting } from './greeting.ts';
import { maxProtocolVersion, type ProtocolVersion } from './message.ts';
import { serveConnect, serveNotifyChange, type GitServices } from './serve-git.ts';
import { serveGet } from './serve-get.ts';
import { serveLock } from './serve-lock.ts';
import { servePut } from './serve-put.ts';
import { serveRemove } from './serve-remove.ts';
import type { Wire } from './wire.ts';

export interface ServeP2POptions extends GitServices {
  readonly remote: Remote;
  /** Finds what else is served here, for clients that could not say whom they want before they connected (SERVE). */
  readonly resolve?: ((uuid: UUID) => Promise<Remote | undefined>) | undefined;
  readonly greeting: Greeting;
  readonly mode: ServerMode;
  readonly requestId: string;
  /** Breaks the conversation off, and the channel with it. */
  readonly signal: AbortSignal;
  readonly events: EventSink;
}

/** How it ended, and the content locks that hold until their time is over. */
export type ConversationEnd = { readonly leftLocks: readonly LeftLock[] } & (
  | { readonly type: 'ended' }
  /** The wire broke, content failed while it was sent, or the signal was aborted (`error` is its reason then). */
  | { readonly type: 'broken'; readonly error: unknown }
);

/**
 * Serves until the conversation ends. Never rejects. Where it broke the channel is destroyed, otherwise it is the caller's
 * to end.
 */
export async function serveP2P(wire: Wire, options: ServeP2POptions): Promise<ConversationEnd> {
  const { remote, mode, requestId, signal, events } = options;
  const leftLocks: LeftLock[] = [];
  const breakOff = (): void => wire.channel.destroy(toError(signal.reason));
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', breakOff, { once: true });
    const clientUUID = await greet(wire, options.greeting, remote.uuid);
    if (clientUUID !== undefined) {
      const conversation: Conversation = {
        wire,
        remote,
        mode,
        requestId,
        signal,
        events,
        clientUUID,
        leftLocks,
        version: 0,
        bypass: [],
      };
      while (await serveMessage(conversation, options));
    }
    return { type: 'ended', leftLocks };
  } catch (caught) {
    const error: unknown = signal.aborted ? signal.reason : caught;
    wire.channel.destroy(toError(error));
    return { type: 'broken', error, leftLocks };
  } finally {
    signal.removeEventListener('abort', breakOff);
  }
}

/** Answers the next message. False where the conversation is over. */
async function serveMessage(conversation: Conversation, services: ServeP2POptions): Promise<boolean> {
  const message = await conversation.wire.receive();
  switch (message?.type) {
    case undefined:
    case 'ERROR':
      return false;
    case 'GET':
      return await serveGet(conversation, message);
    case 'PUT':
      return await servePut(conversation, message);
    case 'LOCKCONTENT':
      return await serveLock(conversation, message.key);
    case 'CONNECT':
      await serveConnect(conversation, services, message.service);
      return false;
    case 'BYPASS':
      conversation.bypass = message.uuids;
      return true;
    case 'SERVE':
      await serveAnother(conversation, services, message.uuid);
      return true;
    case 'VERSION':
      await agreeOnVersion(conversation, message.version);
      return true;
    case 'CHECKPRESENT':
      await checkPresent(conversation, message.key);
      return true;
    case 'GETTIMESTAMP':
      await getTimestamp(conversation);
      return true;
    case 'REMOVE':
      await serveRemove(conversation, message.key, undefined);
      return true;
    case 'REMOVE-BEFORE':
      await serveRemove(conversation, message.key, message.timestamp);
      return true;
    case 'NOTIFYCHANGE':
      await serveNotifyChange(conversation, services);
      return true;
    case 'unparsable':
      await sendError(conversation, 'unknown command');
      return true;
    case 'AUTH':
    case 'AUTH-SUCCESS':
    case 'AUTH-FAILURE':
    case 'UNLOCKCONTENT':
    case 'TIMESTAMP':
    case 'PUT-FROM':
    case 'ALREADY-HAVE':
    case 'ALREADY-HAVE-PLUS':
    case 'DATA':
    case 'DATA-PRESENT':
    case 'VALID':
    case 'INVALID':
    case 'SUCCESS':
    case 'SUCCESS-PLUS':
    case 'FAILURE':
    case 'FAILURE-PLUS':
    case 'CONNECTDONE':
    case 'CHANGED':
      await sendError(conversation, 'unexpected command');
      return true;
  }
}

/** Who has no other repositories answers as peers do that do not know the message. */
async function serveAnother(
  conversation: Conversation,
  { resolve }: ServeP2POptions,
  uuid: UUID,
): Promise<void> {
  if (resolve === undefined) return await sendError(conversation, 'unknown command');
  const remote = await ask(conversation, () => resolve(uuid));
  if (remote instanceof AnnexError) return await sendError(conversation, remote.message);
  if (remote === undefined)
    return await sendError(conversation, `not configured to proxy for repository ${uuid}`);
  conversation.remote = remote;
  await conversation.wire.send({ type: 'AUTH-SUCCESS', uuid });
}

/** It may be agreed anew at any time. */
async function agreeOnVersion(conversation: Conversation, asked: number): Promise<void> {
  const version = Math.max(0, Math.min(asked, maxProtocolVersion)) as ProtocolVersion;
  conversation.version = version;
  await conversation.wire.send({ type: 'VERSION', version });
}

async function checkPresent(conversation: Conversation, key: Key): Promise<void> {
  const isPresent = await ask(conversation, (context) => conversation.remote.checkPresent(key, context));
  if (isPresent instanceof AnnexError) return await sendError(conversation, isPresent.message);
  await conversation.wire.send({ type: isPresent ? 'SUCCESS' : 'FAILURE' });
}

async function getTimestamp(conversation: Conversation): Promise<void> {
  const timestamp = await ask(conversation, (context) => conversation.remote.timestamp(context));
  if (timestamp instanceof AnnexError) return await sendError(conversation, timestamp.message);
  await conversation.wire.send({ type: 'TIMESTAMP', timestamp });
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
