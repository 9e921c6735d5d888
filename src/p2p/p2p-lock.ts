/**
 * A content lock at a far repository (interop reference §4.8).
 *
 *     C: LOCKCONTENT SHA256E-s3--…
 *     S: SUCCESS
 *     C: UNLOCKCONTENT                 (no answer)
 *
 * The lock holds while its conversation lives, whatever becomes of who asked for it. The ten minutes for which it holds
 * after a crash over there are counted from when it was taken, and here from before it was asked for. So it is extended
 * by a second lock over another conversation, and the first is let go of only when the second holds.
 */

import { AnnexError, toAnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';
import { byteStringToText } from '../util/byte-string.ts';
import type { Clock, Timer } from '../util/clock.ts';
import type { ContentLock, NotLocked } from '../remote/remote.ts';
import type { ClientConversation } from './client-conversation.ts';
import type { LentConversation } from './conversation-pool.ts';

export interface LockOptions {
  readonly clock: Clock;
  /** How long the lock holds unless it is extended. */
  readonly lockMs: number;
  readonly signal: AbortSignal;
  /** Lends a conversation for an extension. */
  readonly lend: () => Promise<LentConversation>;
  /** Called once, when the lock has ended and its conversation was given back. */
  readonly onEnd: () => void;
}

/** Gives the conversation back in every case but when this throws. */
export async function beginLock(
  lent: LentConversation,
  key: Key,
  options: LockOptions,
): Promise<ContentLock | NotLocked> {
  const { conversation } = lent;
  const untilMs = options.clock.now() + options.lockMs;
  const refusal = await conversation.guard(options.signal, () => lock(conversation, key));
  if (refusal === undefined) return new P2PLock(lent, key, { ...options, untilMs });
  lent.giveBack();
  return { locked: false, reason: refusal };
}

/** Why it was not locked; undefined where it is. */
async function lock(conversation: ClientConversation, key: Key): Promise<string | undefined> {
  const answer = await conversation.request({ type: 'LOCKCONTENT', key });
  if (answer.type === 'SUCCESS') return undefined;
  const refusal = `the repository ${conversation.uuid} did not lock ${key}`;
  if (answer.type === 'FAILURE') return refusal;
  if (answer.type === 'ERROR') return `${refusal}: ${byteStringToText(answer.message)}`;
  throw conversation.unexpected(answer, 'SUCCESS or FAILURE');
}

/** There is no answer to UNLOCKCONTENT, so something is asked after it: once that is answered the lock is gone. */
async function unlock(lent: LentConversation, key: Key): Promise<void> {
  const { conversation } = lent;
  const cancel = conversation.limit();
  try {
    if (!conversation.isOver) {
      await conversation.send({ type: 'UNLOCKCONTENT' });
      await conversation.request({ type: 'CHECKPRESENT', key });
    }
  } catch (error) {
    conversation.destroy(error);
  } finally {
    cancel();
    lent.giveBack();
  }
}

class P2PLock implements ContentLock {
  readonly locked = true;
  readonly #key: Key;
  readonly #options: LockOptions;
  #lent: LentConversation;
  #untilMs: number;
  #timer: Timer;
  #extending: Promise<void> | undefined;
  #releasing: Promise<void> | undefined;

  constructor(lent: LentConversation, key: Key, options: LockOptions & { readonly untilMs: number }) {
    this.#lent = lent;
    this.#key = key;
    this.#options = options;
    this.#untilMs = options.untilMs;
    this.#timer = this.#startTimer();
    hold(lent);
  }

  get untilMs(): number {
    return this.#untilMs;
  }

  extend(): Promise<void> {
    this.#extending ??= this.#extend().finally(() => {
      this.#extending = undefined;
    });
    return this.#extending;
  }

  release(): Promise<void> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  async #extend(): Promise<void> {
    this.#refuseIfOver();
    const untilMs = this.#options.clock.now() + this.#options.lockMs;
    const next = await this.#options.lend();
    try {
      await this.#lockWith(next.conversation);
      // Where the first lock ended before the second was there, the content may have been away in between.
      this.#refuseIfOver();
    } catch (error) {
      next.conversation.destroy(error);
      next.giveBack();
      throw error;
    }
    const former = this.#lent;
    hold(next);
    this.#lent = next;
    this.#untilMs = untilMs;
    this.#timer.cancel();
    this.#timer = this.#startTimer();
    await unlock(former, this.#key);
  }

  async #lockWith(conversation: ClientConversation): Promise<void> {
    const cancel = conversation.limit();
    try {
      const refusal = await lock(conversation, this.#key);
      if (refusal !== undefined) throw new AnnexError('peer', refusal);
    } catch (error) {
      throw toAnnexError(error, `the lock of ${this.#key} was not extended`);
    } finally {
      cancel();
    }
  }

  async #release(): Promise<void> {
    this.#timer.cancel();
    // One that is being extended is let go of with the conversation that it ends up with.
    await this.#extending?.catch(() => undefined);
    await unlock(this.#lent, this.#key);
    this.#options.onEnd();
  }

  #refuseIfOver(): void {
    const isReleased = this.#releasing !== undefined;
    const { conversation } = this.#lent;
    if (!isReleased && !conversation.isOver) return;
    const why = isReleased ? 'it was released' : 'its conversation ended';
    throw new AnnexError('peer', `the lock of ${this.#key} at ${conversation.uuid} is over: ${why}`);
  }

  #startTimer(): Timer {
    const { clock } = this.#options;
    return clock.after(this.#untilMs - clock.now(), () => void this.release());
  }
}

function hold(lent: LentConversation): void {
  lent.keep();
  lent.conversation.rest();
}
