/**
 * REMOVE and REMOVE-BEFORE (interop reference §4.9).
 *
 *     C: GETTIMESTAMP
 *     S: TIMESTAMP 81234
 *     C: REMOVE-BEFORE 81833 KEY
 *     S: SUCCESS | SUCCESS-PLUS UUID… | FAILURE | FAILURE-PLUS UUID… | ERROR TEXT
 *
 * The time is in the clock of the Remote's own `timestamp`. Locked content is FAILURE, and the conversation goes on.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';
import { ask, reportRefusal, sendError, sendPlus, type Conversation } from './conversation.ts';

export async function serveRemove(
  conversation: Conversation,
  key: Key,
  before: number | undefined,
): Promise<void> {
  const { mode, remote } = conversation;
  if (mode !== 'readwrite') {
    reportRefusal(conversation, 'REMOVE', removalDenied[mode]);
    return await sendError(conversation, removalDenied[mode]);
  }
  const removed = await ask(conversation, (context) => remote.remove(key, { before }, context));
  if (removed instanceof AnnexError) return await sendError(conversation, removed.message);
  if (!removed.removed) reportRefusal(conversation, 'REMOVE', removed.reason);
  await sendPlus(conversation, removed.removed ? 'SUCCESS' : 'FAILURE', removed.plusUUIDs);
}

export const readOnlyText = 'this repository is read-only; write access denied';

const removalDenied = {
  readonly: readOnlyText,
  appendonly: 'this repository is append-only; removal denied',
} as const;
