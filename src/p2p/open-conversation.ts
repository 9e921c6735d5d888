/**
 * How a conversation in the P2P protocol begins, for the client (interop reference §4.4, §4.5).
 *
 *     C: AUTH 9f7a… token              (over a socket; over ssh the server speaks first)
 *     S: AUTH-SUCCESS 44be…
 *     C: VERSION 4
 *     S: VERSION 4                     (ERROR: it speaks version 0)
 *     C: BYPASS 900a…                  (version 2 and up, when there is anything to bypass; no answer)
 *
 * A repository other than the one expected is not spoken with.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { UUID } from '../types/uuid.ts';
import { byteStringToText, type ByteString } from '../util/byte-string.ts';
import type { Clock } from '../util/clock.ts';
import type { Channel } from './channel.ts';
import { ClientConversation } from './client-conversation.ts';
import { maxProtocolVersion, type ProtocolVersion } from './message.ts';
import { Wire } from './wire.ts';

export interface OpenConversationOptions {
  /** The repository (or proxied remote, or cluster) that must be at the other end. */
  readonly uuid: UUID;
  /** Given where the other side does not speak before it was told who asks. */
  readonly auth?: { readonly ownUUID: UUID; readonly token: ByteString } | undefined;
  readonly bypass: readonly UUID[];
  readonly clock: Clock;
  /** Ends the attempt; not looked at afterwards. */
  readonly signal: AbortSignal;
}

/** Destroys the channel where it throws. */
export async function openConversation(
  channel: Channel,
  options: OpenConversationOptions,
): Promise<ClientConversation> {
  const { uuid, auth, bypass, clock, signal } = options;
  const conversation = new ClientConversation(new Wire(channel), { uuid, clock });
  if (signal.aborted) conversation.destroy(signal.reason);
  return await conversation.guard(signal, async () => {
    if (auth !== undefined) {
      await conversation.send({ type: 'AUTH', uuid: auth.ownUUID, token: auth.token });
    }
    await greet(conversation);
    const version = await negotiate(conversation);
    conversation.negotiated(version);
    if (version >= 2 && bypass.length > 0) await conversation.send({ type: 'BYPASS', uuids: bypass });
    conversation.rest();
    return conversation;
  });
}

async function greet(conversation: ClientConversation): Promise<void> {
  const { uuid } = conversation;
  const greeting = await conversation.receive();
  if (greeting.type === 'AUTH-SUCCESS') {
    if (greeting.uuid === uuid) return;
    throw new AnnexError(
      'config',
      `expected the repository ${uuid} but the one that answered is ${greeting.uuid}`,
    );
  }
  if (greeting.type === 'AUTH-FAILURE') {
    throw new AnnexError('access', `the repository ${uuid} did not accept the authentication`);
  }
  if (greeting.type !== 'ERROR') throw conversation.unexpected(greeting, 'AUTH-SUCCESS');
  throw new AnnexError('peer', `the repository ${uuid} said: ${byteStringToText(greeting.message)}`);
}

async function negotiate(conversation: ClientConversation): Promise<ProtocolVersion> {
  const answer = await conversation.request({ type: 'VERSION', version: maxProtocolVersion });
  if (answer.type === 'ERROR') return 0;
  if (answer.type === 'VERSION' && isVersion(answer.version)) return answer.version;
  await conversation.send({ type: 'ERROR', message: 'expected VERSION' });
  throw conversation.unexpected(answer, `VERSION of ${maxProtocolVersion} or less`);
}

function isVersion(version: number): version is ProtocolVersion {
  return version >= 0 && version <= maxProtocolVersion;
}
