/**
 * What concerns the git repository and not its content: CONNECT and NOTIFYCHANGE (interop reference §4.12). Connections
 * that came by ssh have neither, since git has a connection of its own there.
 *
 *     C: CONNECT git-upload-pack
 *     S: DATA n …                 both sides send DATA, and end with CONNECTDONE
 *     S: CONNECTDONE 0            and the conversation is over
 *
 *     C: NOTIFYCHANGE
 *     S: CHANGED SHA…             when refs have changed
 */

import { AnnexError } from '../types/annex-error.ts';
import type { ByteString } from '../util/byte-string.ts';
import { linkSignal } from '../util/linked-signal.ts';
import { ask, sendError, type Conversation } from './conversation.ts';
import type { GitService } from './message.ts';
import { readOnlyText } from './serve-remove.ts';
import type { Wire } from './wire.ts';

export interface GitServices {
  /** Relays between the client and git, CONNECTDONE included. Throws where the wire breaks. */
  readonly connect?: ((service: GitService, wire: Wire, signal: AbortSignal) => Promise<void>) | undefined;
  /** Resolves with the names of the new commits once refs have changed. Rejects when the signal is aborted. */
  readonly notifyChange?: ((signal: AbortSignal) => Promise<readonly ByteString[]>) | undefined;
}

/** The conversation is over afterwards, whatever came of it. */
export async function serveConnect(
  conversation: Conversation,
  { connect }: GitServices,
  service: GitService,
): Promise<void> {
  if (conversation.mode !== 'readwrite' && service === 'git-receive-pack')
    return await sendError(conversation, readOnlyText);
  if (connect === undefined)
    return await sendError(conversation, 'relaying to git not supported on this connection');
  await connect(service, conversation.wire, conversation.signal);
}

/** A change may never come: a client that goes away meanwhile ends the conversation. */
export async function serveNotifyChange(
  conversation: Conversation,
  { notifyChange }: GitServices,
): Promise<void> {
  if (notifyChange === undefined) return await sendError(conversation, 'change notification not available');
  const { wire, signal } = conversation;
  const waiting = linkSignal(signal);
  wire.hasMore().then(
    (isThere) => isThere || waiting.abort(new AnnexError('peer', 'the client went away')),
    (error: unknown) => waiting.abort(error),
  );
  try {
    const refs = await ask({ ...conversation, signal: waiting.signal }, (context) =>
      notifyChange(context.signal),
    );
    if (refs instanceof AnnexError) return await sendError(conversation, refs.message);
    await wire.send({ type: 'CHANGED', refs });
  } finally {
    waiting.unlink();
  }
}
