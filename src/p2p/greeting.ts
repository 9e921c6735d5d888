/**
 * How a conversation begins (interop reference §4.5). Where the connection itself proves who comes, as ssh does, the
 * server speaks first; elsewhere the client shows a token first.
 *
 *     S: AUTH-SUCCESS UUID
 *
 *     C: AUTH UUID TOKEN
 *     S: AUTH-FAILURE             it may try again
 *     C: AUTH UUID TOKEN
 *     S: AUTH-SUCCESS UUID
 */

import type { UUID } from '../types/uuid.ts';
import type { ByteString } from '../util/byte-string.ts';
import type { Wire } from './wire.ts';

export type Greeting =
  /** The client is known to be who it is. */
  | { readonly type: 'known'; readonly clientUUID: UUID }
  /** The client shows a token, and its UUID with it. The check takes as long for a wrong token as for a right one. */
  | {
      readonly type: 'token';
      readonly isValid: (token: ByteString, clientUUID: UUID) => boolean | Promise<boolean>;
    };

/** The client's UUID; undefined where it ended the conversation. */
export async function greet(wire: Wire, greeting: Greeting, uuid: UUID): Promise<UUID | undefined> {
  if (greeting.type === 'known') {
    await wire.send({ type: 'AUTH-SUCCESS', uuid });
    return greeting.clientUUID;
  }
  for (let failures = 0; failures < maxFailures; ) {
    const message = await wire.receive();
    if (message === undefined || message.type === 'ERROR') return undefined;
    if (message.type !== 'AUTH') {
      await wire.send({ type: 'ERROR', message: 'unexpected command' });
    } else if (await greeting.isValid(message.token, message.uuid)) {
      await wire.send({ type: 'AUTH-SUCCESS', uuid });
      return message.uuid;
    } else {
      failures++;
      await wire.send({ type: 'AUTH-FAILURE' });
    }
  }
  return undefined;
}

/** Whoever guesses has to connect again. */
const maxFailures = 10;
