/**
 * LOCKCONTENT and UNLOCKCONTENT (interop reference §4.8).
 *
 *     C: LOCKCONTENT KEY
 *     S: SUCCESS | FAILURE
 *     C: UNLOCKCONTENT
 *
 * A lock ends early only by UNLOCKCONTENT. After anything else in its place, and after the end of the conversation, it
 * holds until ten minutes after it was taken: a client's proof for a drop counts on them. What came in place of
 * UNLOCKCONTENT is answered and not obeyed, as with git-annex, and the conversation goes on.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';
import { ask, reportRefusal, sendError, type Conversation } from './conversation.ts';

/** False where the client ended the conversation. */
export async function serveLock(conversation: Conversation, key: Key): Promise<boolean> {
  const { wire, leftLocks } = conversation;
  const refuse = async (reason: string): Promise<true> => {
    reportRefusal(conversation, 'LOCKCONTENT', reason);
    await wire.send({ type: 'FAILURE' });
    return true;
  };
  if (leftLocks.length >= maxLeftLocks)
    return await refuse(`${leftLocks.length} locks of this connection were not unlocked`);
  const lock = await ask(conversation, (context) => conversation.remote.lockContent(key, context));
  if (lock instanceof AnnexError) return await refuse(lock.message);
  if (!lock.locked) return await refuse(lock.reason);
  leftLocks.push({ key, lock });
  await wire.send({ type: 'SUCCESS' });
  const next = await wire.receive();
  if (next === undefined) return false;
  if (next.type !== 'UNLOCKCONTENT') {
    await sendError(conversation, 'expected UNLOCKCONTENT');
    return true;
  }
  leftLocks.pop();
  await ask(conversation, () => lock.release());
  return true;
}

/** A client that locks and never unlocks holds no more than this with one connection. */
const maxLeftLocks = 16;
