/**
 * A repository, proxied remote or cluster at the other end of the P2P protocol, as a Remote (interop reference §4).
 *
 * A kept conversation may have died unnoticed. What is asked over one that turns out dead before anything of an answer
 * came is asked once more over a new one, where asking twice does no harm: presence, time, locks, and the beginnings of
 * downloads and uploads. A removal is never asked twice: meanwhile somebody may have stored the content anew, or the
 * repository may have started a clock in which the deadline means another time.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';
import { usualLimits } from '../types/time-limits.ts';
import type { UUID } from '../types/uuid.ts';
import { byteStringToText } from '../util/byte-string.ts';
import type { Clock } from '../util/clock.ts';
import type {
  Content,
  ContentLock,
  Context,
  DigestFactory,
  NotLocked,
  Remote,
  RemoteTraits,
  Removed,
  RemoveOptions,
  RetrieveOptions,
  StoreAnswer,
  StoreOptions,
} from '../remote/remote.ts';
import { fromAnswer } from './client-answers.ts';
import type { ClientConversation } from './client-conversation.ts';
import { beginDownload } from './client-download.ts';
import { beginUpload } from './client-upload.ts';
import type { Purpose } from './conversation-places.ts';
import { ConversationPool, type Connect, type LentConversation } from './conversation-pool.ts';
import { beginLock } from './p2p-lock.ts';

export interface P2PRemoteOptions {
  readonly uuid: UUID;
  /** A repository unless told. */
  readonly kind?: RemoteTraits['kind'] | undefined;
  readonly connect: Connect;
  readonly clock: Clock;
  /** Judges downloads from repositories that speak version 0 of the protocol. */
  readonly makeDigest: DigestFactory;
  /** At a time, unless those wait in vain for longer than a second; 8 unless told. */
  readonly maxConversations?: number | undefined;
  /** Locks held at a time, each with a conversation of its own; 32 unless told. */
  readonly maxLocks?: number | undefined;
  /** How long a conversation is kept that nobody uses; 20 s unless told. */
  readonly idleMs?: number | undefined;
  /** How many conversations are kept that nobody uses; as many as were needed at once unless told. */
  readonly maxIdle?: number | undefined;
  /** How long a question may go unanswered, which ends its conversation; five minutes unless told, twice that for a cluster. */
  readonly answerTimeoutMs?: number | undefined;
  /** How long a lock holds unless it is extended; ten minutes unless told. */
  readonly lockMs?: number | undefined;
}

export class P2PRemote implements Remote {
  readonly uuid: UUID;
  readonly traits: RemoteTraits;
  readonly #options: P2PRemoteOptions;
  readonly #pool: ConversationPool;
  readonly #maxLocks: number;
  /** Keys whose uploads through this Remote have not ended. */
  readonly #storing = new Set<Key>();
  #locks = 0;

  constructor(options: P2PRemoteOptions) {
    const { uuid, kind = 'repository', connect, clock } = options;
    this.uuid = uuid;
    this.traits = { kind, local: false };
    this.#options = options;
    this.#maxLocks = options.maxLocks ?? 32;
    this.#pool = new ConversationPool({
      uuid,
      connect,
      clock,
      maxConversations: options.maxConversations ?? 8,
      idleMs: options.idleMs ?? usualLimits.idleMs,
      maxIdle: options.maxIdle,
    });
  }

  /** How many conversations are in use, those of locks aside. */
  get busyConversations(): number {
    return this.#pool.busy;
  }

  async checkPresent(key: Key, context: Context): Promise<boolean> {
    return await this.#question(context, async (conversation) => {
      const answer = await conversation.request({ type: 'CHECKPRESENT', key });
      if (answer.type === 'SUCCESS' || answer.type === 'FAILURE') return answer.type === 'SUCCESS';
      if (answer.type !== 'ERROR') throw conversation.unexpected(answer, 'SUCCESS or FAILURE');
      return this.#refusal(`cannot tell whether it has ${key}`, answer.message);
    });
  }

  async lockContent(key: Key, context: Context): Promise<ContentLock | NotLocked> {
    context.signal.throwIfAborted();
    if (this.#locks >= this.#maxLocks) {
      return { locked: false, reason: `the node ${this.uuid} holds ${this.#locks} locks already` };
    }
    this.#locks++;
    let isHeld = false;
    const onEnd = (): void => void this.#locks--;
    try {
      const { clock, lockMs = usualLimits.lockMs } = this.#options;
      const { bypass, signal } = context;
      // The lock and its extensions outlive whoever asked for it.
      const lend = (): Promise<LentConversation> =>
        this.#pool.lend({
          purpose: 'question',
          bypass,
          signal: new AbortController().signal,
          isFresh: false,
        });
      const answer = await this.#begin('question', context, (lent) =>
        this.#limited(lent, () => beginLock(lent, key, { clock, lockMs, signal, lend, onEnd })),
      );
      isHeld = answer.locked;
      return answer;
    } finally {
      if (!isHeld) onEnd();
    }
  }

  async retrieve(key: Key, { offset }: RetrieveOptions, context: Context): Promise<Content | undefined> {
    const { makeDigest } = this.#options;
    const { associatedFile, signal } = context;
    return await this.#begin('transfer', context, (lent) =>
      beginDownload(lent.conversation, key, {
        offset,
        associatedFile,
        makeDigest,
        answerTimeoutMs: this.#answerTimeoutMs,
        signal,
        done: lent.giveBack,
      }),
    );
  }

  async store(key: Key, { from }: StoreOptions, context: Context): Promise<StoreAnswer> {
    const { associatedFile, signal } = context;
    // git-annex takes a second upload of a key up to its end, and then hangs up or says no more at all.
    if (this.#storing.has(key)) {
      return { type: 'refused', code: 'busy', reason: `${key} is being uploaded already` };
    }
    this.#storing.add(key);
    try {
      return await this.#begin('transfer', context, (lent) => {
        const done = (): void => {
          this.#storing.delete(key);
          lent.giveBack();
        };
        const answerTimeoutMs = this.#answerTimeoutMs;
        return beginUpload(lent.conversation, key, { associatedFile, from, answerTimeoutMs, signal, done });
      });
    } catch (error) {
      this.#storing.delete(key);
      throw error;
    }
  }

  async remove(key: Key, { before }: RemoveOptions, context: Context): Promise<Removed> {
    const lent = await this.#lend('question', context, false);
    const { conversation } = lent;
    try {
      return await this.#answer(lent, context, async () => {
        if (before !== undefined && conversation.version < 3) {
          const why = `it speaks version ${conversation.version} of the protocol, which has no deadlines`;
          return notRemoved(`the repository ${this.uuid} was not asked to remove ${key}: ${why}`);
        }
        const answer = await conversation.request(
          before === undefined ? { type: 'REMOVE', key } : { type: 'REMOVE-BEFORE', timestamp: before, key },
        );
        const done = fromAnswer(answer, conversation, `did not remove ${key}`);
        const { plusUUIDs } = done;
        return done.stored
          ? { removed: true, plusUUIDs }
          : { removed: false, reason: done.reason, plusUUIDs };
      });
    } catch (error) {
      context.signal.throwIfAborted();
      if (!conversation.unanswered) throw error;
      return await this.#afterHangUp(key, context, error);
    } finally {
      lent.giveBack();
    }
  }

  async timestamp(context: Context): Promise<number> {
    return await this.#question(context, async (conversation) => {
      if (conversation.version < 3) {
        return this.#refusal('does not tell the time', `it speaks version ${conversation.version}`);
      }
      const answer = await conversation.request({ type: 'GETTIMESTAMP' });
      if (answer.type === 'TIMESTAMP') return answer.timestamp;
      if (answer.type !== 'ERROR') throw conversation.unexpected(answer, 'TIMESTAMP');
      return this.#refusal('does not tell the time', answer.message);
    });
  }

  /** Ends all conversations. Locks end with them, unless the other side keeps them on. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  /**
   * git-annex hangs up when it is to remove locked content, instead of saying no. What is still there was not removed;
   * what is gone counts as removed, but of a cluster it is not known which nodes it is gone from.
   */
  async #afterHangUp(key: Key, context: Context, error: unknown): Promise<Removed> {
    if (await this.checkPresent(key, context)) {
      const why = error instanceof Error ? error.message : String(error);
      return notRemoved(`${key} is still there: ${why}`);
    }
    if (this.traits.kind === 'cluster') throw error;
    return { removed: true, plusUUIDs: [] };
  }

  /** What takes one answer, which may be an error value: a conversation that said it goes on. */
  async #question<T>(
    context: Context,
    ask: (conversation: ClientConversation) => Promise<T | AnnexError>,
  ): Promise<T> {
    const answer = await this.#begin('question', context, async (lent) => {
      const said = await this.#answer(lent, context, () => ask(lent.conversation));
      lent.giveBack();
      return said;
    });
    if (answer instanceof AnnexError) throw answer;
    return answer;
  }

  async #answer<T>(lent: LentConversation, { signal }: Context, ask: () => Promise<T>): Promise<T> {
    return await this.#limited(lent, () => lent.conversation.guard(signal, ask));
  }

  async #limited<T>({ conversation }: LentConversation, ask: () => Promise<T>): Promise<T> {
    return await conversation.within(this.#answerTimeoutMs, ask);
  }

  /** A cluster waits so long for its own nodes, and may then have good news of the others. */
  get #answerTimeoutMs(): number {
    const { answerTimeoutMs = usualLimits.patienceMs } = this.#options;
    return this.traits.kind === 'cluster' ? 2 * answerTimeoutMs : answerTimeoutMs;
  }

  /** Begins something that gives the conversation back itself, unless it throws. */
  async #begin<T>(
    purpose: Purpose,
    context: Context,
    body: (lent: LentConversation) => Promise<T>,
  ): Promise<T> {
    for (let isFresh = false; ; isFresh = true) {
      const lent = await this.#lend(purpose, context, isFresh);
      try {
        return await body(lent);
      } catch (error) {
        lent.giveBack();
        context.signal.throwIfAborted();
        if (!lent.isReused || !lent.conversation.unanswered) throw error;
      }
    }
  }

  #lend(purpose: Purpose, { bypass, signal }: Context, isFresh: boolean): Promise<LentConversation> {
    return this.#pool.lend({ purpose, bypass, signal, isFresh });
  }

  #refusal(what: string, why: string): AnnexError {
    return new AnnexError('remote', `the repository ${this.uuid} ${what}: ${byteStringToText(why)}`);
  }
}

function notRemoved(reason: string): Removed {
  return { removed: false, reason, plusUUIDs: [] };
}
