/**
 * How a conversation in the P2P protocol begins, for the client (interop reference §4.4, §4.5).
 *
 *     C: AUTH 9f7a… token              (over a socket; over ssh the server speaks first)
 *     S: AUTH-SUCCESS 44be…
 *     C: SERVE ac46…                   (only where that is another one than is wanted; doc/protocol/serve.md)
 *     S: AUTH-SUCCESS ac46…
 *     C: VERSION 4
 *     S: VERSION 4                     (ERROR: it speaks version 0)
 *     C: BYPASS 900a…                  (version 2 and up, when there is anything to bypass; no answer)
 *
 * A repository other than the one expected is not spoken with.
 */

import { AnnexError } from '../types/annex-error.ts';
import { usualLimits, type TimeLimits } from '../types/time-limits.ts';
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
  /** For who stops in the middle of something. */
  readonly limits?: Pick<TimeLimits, 'stallMs' | 'patienceMs'> | undefined;
  /** Ends the attempt; not looked at afterwards. */
  readonly signal: AbortSignal;
}

/** Destroys the channel where it throws. */
export async function openConversation(
  channel: Channel,
  options: OpenConversationOptions,
): Promise<ClientConversation> {
  const { uuid, auth, bypass, clock, limits = usualLimits, signal } = options;
  const wire = new Wire(channel, { clock, limits, who: `the repository ${uuid}` });
  const conversation = new ClientConversation(wire, { uuid, clock });
  if (signal.aborted) conversation.destroy(signal.reason);
  return await conversation.guard(signal, async () => {
    if (auth !== undefined) {
      await conversation.send({ type: 'AUTH', uuid: auth.ownUUID, token: auth.token });
    }
    await greet(conversation, auth !== undefined);
    const version = await negotiate(conversation);
    conversation.negotiated(version);
    if (version >= 2 && bypass.length > 0) await conversation.send({ type: 'BYPASS', uuids: bypass });
    conversation.rest();
    return conversation;
  });
}

/** Over ssh the repository was named before; at an address whoever listens there may serve others as well. */
async function greet(conversation: ClientConversation, mayServeOthers: boolean): Promise<void> {
  const { uuid } = conversation;
  const greeting = await conversation.receive();
  if (greeting.type === 'AUTH-SUCCESS') {
    if (greeting.uuid === uuid) return;
    if (mayServeOthers) return await askForAnother(conversation, greeting.uuid);
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

async function askForAnother(conversation: ClientConversation, listening: UUID): Promise<void> {
  const { uuid } = conversation;
  const answer = await conversation.request({ type: 'SERVE', uuid });
  if (answer.type === 'AUTH-SUCCESS' && answer.uuid === uuid) return;
  if (answer.type !== 'ERROR') throw conversation.unexpected(answer, 'AUTH-SUCCESS');
  throw new AnnexError(
    'config',
    `expected the repository ${uuid}, and ${listening} that answered does not lead to it: ${byteStringToText(answer.message)}`,
  );
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
