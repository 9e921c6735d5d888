/**
 * What the answers of a server mean to the client: SUCCESS, FAILURE, their forms with further repositories, and ERROR,
 * whose text is the only thing that tells why (interop reference §4.4, §4.13).
 */

import type { UUID } from '../types/uuid.ts';
import { byteStringToText } from '../util/byte-string.ts';
import type { Refused, Stored } from '../remote/remote.ts';
import type { Answer, ClientConversation } from './client-conversation.ts';

/** The further repositories that an answer names: each once, without the one that was asked. */
export function plusUUIDs(uuids: readonly UUID[], own: UUID): readonly UUID[] {
  return [...new Set(uuids)].filter((uuid) => uuid !== own);
}

/** The answer to what changes content. `failure`: what a FAILURE says, which has no reason of its own. */
export function fromAnswer(answer: Answer, conversation: ClientConversation, failure: string): Stored {
  const { uuid, version } = conversation;
  const reason = `the repository ${uuid} ${failure}`;
  if (answer.type === 'SUCCESS') return { stored: true, plusUUIDs: [] };
  if (answer.type === 'FAILURE') return { stored: false, reason, plusUUIDs: [] };
  if (answer.type === 'ERROR') {
    return { stored: false, reason: `${reason}: ${byteStringToText(answer.message)}`, plusUUIDs: [] };
  }
  if (answer.type === 'SUCCESS-PLUS' && version >= 2) {
    return { stored: true, plusUUIDs: plusUUIDs(answer.uuids, uuid) };
  }
  if (answer.type === 'FAILURE-PLUS' && version >= 2) {
    return { stored: false, reason, plusUUIDs: plusUUIDs(answer.uuids, uuid) };
  }
  throw conversation.unexpected(answer, 'SUCCESS or FAILURE');
}

/** Why an upload was refused, as far as the text tells. */
export function refusalCode(reason: string): Refused['code'] {
  if (/access denied|not allowed|permission/i.test(reason)) return 'access';
  if (/in progress|being (uploaded|stored|transferred)|another upload|busy/i.test(reason)) return 'busy';
  if (/disk space|no room|no space|not enough/i.test(reason)) return 'no-space';
  return 'unavailable';
}
