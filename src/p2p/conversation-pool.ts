/**
 * The conversations with one far repository: opened when needed, kept for the next request, closed when idle for long.
 *
 * A conversation is bound to the gateways that it bypasses, which are said once. Some `maxConversations` are lent at a time
 * (see conversation-places.ts), so that slow downloads keep nobody waiting for long. Conversations that hold content
 * locks are counted apart.
 */

import { AnnexError, toAnnexError } from '../types/annex-error.ts';
import type { UUID } from '../types/uuid.ts';
import type { Clock, Timer } from '../util/clock.ts';
import { RecentFailure } from '../util/recent-failure.ts';
import { linkSignal } from '../util/linked-signal.ts';
import type { ClientConversation } from './client-conversation.ts';
import { ConversationPlaces, questionPlaces, type Purpose } from './conversation-places.ts';

export interface ConnectOptions {
  /** Gateways to name in BYPASS. */
  readonly bypass: readonly UUID[];
  readonly signal: AbortSignal;
}

/** Opens a conversation with the repository. */
export type Connect = (options: ConnectOptions) => Promise<ClientConversation>;

export interface ConversationPoolOptions {
  readonly uuid: UUID;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly maxConversations: number;
  readonly idleMs: number;
  /** How many are kept for the next request; where not given, as many as were needed at once. */
  readonly maxIdle?: number | undefined;
}

export interface LendOptions extends ConnectOptions {
  readonly purpose: Purpose;
  /** Whether it must be a new one. */
  readonly isFresh: boolean;
}

/** A conversation that is one request's alone until it is given back. */
export interface LentConversation {
  readonly conversation: ClientConversation;
  /** Whether it served another request before, and so may have died since. */
  readonly isReused: boolean;
  /** Keeps it past the request, uncounted. */
  readonly keep: () => void;
  /** Repeated calls do nothing. */
  readonly giveBack: () => void;
}

export class ConversationPool {
  readonly #options: ConversationPoolOptions;
  readonly #idle: IdleConversation[] = [];
  readonly #places: ConversationPlaces;
  readonly #lent = new Set<ClientConversation>();
  readonly #closing = new Set<Promise<void>>();
  readonly #openedSeconds = new WeakMap<ClientConversation, number>();
  readonly #failure: RecentFailure;
  /** Aborted when the pool is closed. */
  readonly #whileOpen = new AbortController();
  #isClosed = false;

  constructor(options: ConversationPoolOptions) {
    this.#options = options;
    this.#failure = new RecentFailure(options.clock);
    const { clock, maxConversations: usual, uuid } = options;
    this.#places = new ConversationPlaces({ clock, usual, owner: `the node ${uuid}` });
  }

  /** How many requests hold or await a conversation that they were let through to. */
  get busy(): number {
    return this.#places.taken;
  }

  async lend(options: LendOptions): Promise<LentConversation> {
    options.signal.throwIfAborted();
    this.#refuseIfClosed();
    await this.#places.take(options.purpose, options.signal);
    try {
      this.#refuseIfClosed();
      const known = options.isFresh ? undefined : this.#takeIdle(options.bypass);
      const conversation = known ?? (await this.#open(options));
      this.#lent.add(conversation);
      return this.#lending(conversation, { ...options, isReused: known !== undefined });
    } catch (error) {
      this.#places.leave(options.purpose);
      throw error;
    }
  }

  /** Closes what is idle and breaks off what is lent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = new AnnexError('peer', `the node ${this.#options.uuid} was closed`);
    this.#whileOpen.abort(closed);
    this.#places.close(closed);
    for (const idle of this.#idle.splice(0)) this.#retire(idle);
    for (const conversation of this.#lent) conversation.destroy(closed);
    await Promise.all(this.#closing);
  }

  #lending(
    conversation: ClientConversation,
    { bypass, purpose, isReused }: LendOptions & { readonly isReused: boolean },
  ): LentConversation {
    let isCounted = true;
    let isBack = false;
    const leavePlace = (): void => {
      if (isCounted) this.#places.leave(purpose);
      isCounted = false;
    };
    return {
      conversation,
      isReused,
      keep: leavePlace,
      giveBack: () => {
        if (isBack) return;
        isBack = true;
        this.#lent.delete(conversation);
        this.#takeBack(conversation, bypass);
        leavePlace();
      },
    };
  }

  #takeBack(conversation: ClientConversation, bypass: readonly UUID[]): void {
    if (conversation.isOver) return;
    conversation.rest();
    const { clock, idleMs } = this.#options;
    const idle: IdleConversation = {
      conversation,
      bypass: bypassName(bypass),
      timer: clock.after(idleMs, () => {
        const at = this.#idle.indexOf(idle);
        if (at !== -1) this.#idle.splice(at, 1);
        this.#retire(idle);
      }),
    };
    const ageSeconds = clock.elapsedSeconds() - (this.#openedSeconds.get(conversation) ?? 0);
    if (this.#isClosed || ageSeconds > maxAgeSeconds) {
      this.#retire(idle);
      return;
    }
    this.#idle.push(idle);
    const { maxIdle = Number.POSITIVE_INFINITY } = this.#options;
    const oldest = this.#idle.length > maxIdle ? this.#idle.shift() : undefined;
    if (oldest !== undefined) this.#retire(oldest);
  }

  /** The one used last, so that those that are not needed stay idle. */
  #takeIdle(bypass: readonly UUID[]): ClientConversation | undefined {
    const name = bypassName(bypass);
    for (let at = this.#idle.length - 1; at >= 0; at--) {
      const idle = this.#idle[at];
      if (idle === undefined) continue;
      if (idle.conversation.isOver) {
        idle.timer.cancel();
        this.#idle.splice(at, 1);
      } else if (idle.bypass === name) {
        idle.timer.cancel();
        this.#idle.splice(at, 1);
        return idle.conversation;
      }
    }
    return undefined;
  }

  #retire({ conversation, timer }: IdleConversation): void {
    timer.cancel();
    const closing = conversation.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #open({ bypass, signal, isFresh }: LendOptions): Promise<ClientConversation> {
    const { maxConversations } = this.#options;
    await this.#failure.retryIfRecent((stop) => this.#openForLater(bypass, stop));
    signal.throwIfAborted();
    const retried = isFresh ? undefined : this.#takeIdle(bypass);
    if (retried !== undefined) return retried;
    while (
      this.#idle.length > 0 &&
      this.#idle.length + this.#places.taken > maxConversations + questionPlaces
    ) {
      const oldest = this.#idle.shift();
      if (oldest !== undefined) this.#retire(oldest);
    }
    return await this.#connect({ bypass, signal });
  }

  /** Whoever asks next finds it. */
  async #openForLater(bypass: readonly UUID[], stop: AbortSignal): Promise<void> {
    if (this.#isClosed) return;
    const link = linkSignal(this.#whileOpen.signal);
    const abort = (): void => link.abort(stop.reason);
    stop.addEventListener('abort', abort, { once: true });
    try {
      this.#takeBack(await this.#connect({ bypass, signal: link.signal }), bypass);
    } finally {
      stop.removeEventListener('abort', abort);
      link.unlink();
    }
  }

  async #connect({ bypass, signal }: ConnectOptions): Promise<ClientConversation> {
    const { clock, connect, uuid } = this.#options;
    const sinceSeconds = clock.elapsedSeconds();
    const link = linkSignal(signal);
    const timer = clock.after(openTimeoutMs, () =>
      link.abort(new AnnexError('peer', `it did not answer within ${openTimeoutMs / 1000} seconds`)),
    );
    try {
      const conversation = await connect({ bypass, signal: link.signal });
      this.#failure.forget();
      this.#openedSeconds.set(conversation, clock.elapsedSeconds());
      if (!this.#isClosed) return conversation;
      await conversation.close();
      throw new AnnexError('peer', 'it was closed');
    } catch (error) {
      signal.throwIfAborted();
      const { code, message } = toAnnexError(error, 'connecting');
      throw this.#failure.remember(
        new AnnexError(code === 'remote' ? 'peer' : code, `the node ${uuid} cannot be reached: ${message}`, {
          cause: error,
        }),
        sinceSeconds,
      );
    } finally {
      timer.cancel();
      link.unlink();
    }
  }

  #refuseIfClosed(): void {
    if (this.#isClosed)
      throw new AnnexError('invariant', `the node ${this.#options.uuid} was asked after it was closed`);
  }
}

interface IdleConversation {
  readonly conversation: ClientConversation;
  readonly bypass: string;
  readonly timer: Timer;
}

function bypassName(bypass: readonly UUID[]): string {
  return [...bypass].sort().join(' ');
}

const openTimeoutMs = 60_000;
/** git-annex commits what it logged when a conversation ends, so none goes on for ever. */
const maxAgeSeconds = 600;
