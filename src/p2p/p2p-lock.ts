/**
 * A content lock at a far repository (interop reference §4.8).
 *
 *     C: LOCKCONTENT SHA256E-s3--…
 *     S: SUCCESS
 *     C: UNLOCKCONTENT                 (no answer)
 *
 * The lock holds as long as its conversation lives, whatever becomes of who asked for it. The ten minutes are counted
 * from before the request was sent, since the other side counts from when it came.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';
import { byteStringToText } from '../util/byte-string.ts';
import type { Clock, Timer } from '../util/clock.ts';
import type { ContentLock, NotLocked } from '../remote/remote.ts';
import type { LentConversation } from './conversation-pool.ts';

export interface LockOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once, when the lock has ended and its conversation was given back. */
  onEnd(): void;
}

/** Gives the conversation back in every case but when this throws. */
export async function beginLock(
  lent: LentConversation,
  key: Key,
  options: LockOptions,
): Promise<ContentLock | NotLocked> {
  const { conversation } = lent;
  const untilMs = options.clock.now() + lockMs;
  const answer = await conversation.guard(options.signal, async () => {
    const said = await conversation.request({ type: 'LOCKCONTENT', key });
    if (said.type === 'SUCCESS' || said.type === 'FAILURE' || said.type === 'ERROR') return said;
    throw conversation.unexpected(said, 'SUCCESS or FAILURE');
  });
  if (answer.type === 'SUCCESS') return new P2PLock(lent, key, { ...options, untilMs });
  lent.giveBack();
  const why = answer.type === 'ERROR' ? `: ${byteStringToText(answer.message)}` : '';
  return { locked: false, reason: `the repository ${conversation.uuid} did not lock ${key}${why}` };
}

class P2PLock implements ContentLock {
  readonly locked = true;
  readonly #lent: LentConversation;
  readonly #key: Key;
  readonly #options: LockOptions;
  #untilMs: number;
  #timer: Timer;
  #releasing: Promise<void> | undefined;

  constructor(lent: LentConversation, key: Key, options: LockOptions & { readonly untilMs: number }) {
    this.#lent = lent;
    this.#key = key;
    this.#options = options;
    this.#untilMs = options.untilMs;
    this.#timer = this.#startTimer();
    lent.keep();
    lent.conversation.rest();
  }

  get untilMs(): number {
    return this.#untilMs;
  }

  extend(): Promise<void> {
    const { conversation } = this.#lent;
    if (this.#releasing !== undefined || conversation.isOver) {
      const why = this.#releasing === undefined ? 'its conversation ended' : 'it was released';
      return Promise.reject(
        new AnnexError('peer', `the lock of ${this.#key} at ${conversation.uuid} is over: ${why}`),
      );
    }
    this.#untilMs = this.#options.clock.now() + lockMs;
    this.#timer.cancel();
    this.#timer = this.#startTimer();
    return Promise.resolve();
  }

  release(): Promise<void> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  /** There is no answer to UNLOCKCONTENT, so something is asked after it: once that is answered the lock is gone. */
  async #release(): Promise<void> {
    this.#timer.cancel();
    const { conversation } = this.#lent;
    const cancel = conversation.limit();
    try {
      if (!conversation.isOver) {
        await conversation.send({ type: 'UNLOCKCONTENT' });
        await conversation.request({ type: 'CHECKPRESENT', key: this.#key });
      }
    } catch (error) {
      conversation.destroy(error);
    } finally {
      cancel();
      this.#lent.giveBack();
      this.#options.onEnd();
    }
  }

  #startTimer(): Timer {
    const { clock } = this.#options;
    return clock.after(this.#untilMs - clock.now(), () => void this.release());
  }
}

const lockMs = 600_000;
