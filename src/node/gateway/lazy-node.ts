/**
 * A node whose Remote has to be found out about before it can be made (an HTTP server's configuration, say). It is made
 * when it is first asked something, and one that cannot be is tried again now and then, not by every request.
 */

import { AnnexError, toAnnexError } from '../../types/annex-error.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { Clock } from '../../util/clock.ts';
import { RecentFailure } from '../../util/recent-failure.ts';
import type {
  Content,
  ContentLock,
  Context,
  NotLocked,
  Remote,
  RemoteTraits,
  Removed,
  RemoveOptions,
  RetrieveOptions,
  StoreAnswer,
  StoreOptions,
} from '../../remote/remote.ts';

/** A Remote that keeps connections, until it is closed. */
export type ClosableRemote = Remote & { close(): void | Promise<void> };

export interface LazyNodeOptions {
  readonly uuid: UUID;
  readonly kind: RemoteTraits['kind'];
  /** The signal is aborted when the node is let go of. */
  readonly make: (signal: AbortSignal) => Promise<ClosableRemote>;
  readonly clock: Clock;
}

export class LazyNode implements ClosableRemote {
  readonly uuid: UUID;
  readonly traits: RemoteTraits;
  readonly #options: LazyNodeOptions;
  #making: Promise<ClosableRemote> | undefined;
  readonly #failure: RecentFailure;
  readonly #closing = new AbortController();

  constructor(options: LazyNodeOptions) {
    this.#options = options;
    this.#failure = new RecentFailure(options.clock);
    this.uuid = options.uuid;
    this.traits = { kind: options.kind, local: false };
  }

  async checkPresent(key: Key, context: Context): Promise<boolean> {
    return await (await this.#remote()).checkPresent(key, context);
  }

  async lockContent(key: Key, context: Context): Promise<ContentLock | NotLocked> {
    return await (await this.#remote()).lockContent(key, context);
  }

  async retrieve(key: Key, options: RetrieveOptions, context: Context): Promise<Content | undefined> {
    return await (await this.#remote()).retrieve(key, options, context);
  }

  async store(key: Key, options: StoreOptions, context: Context): Promise<StoreAnswer> {
    return await (await this.#remote()).store(key, options, context);
  }

  async remove(key: Key, options: RemoveOptions, context: Context): Promise<Removed> {
    return await (await this.#remote()).remove(key, options, context);
  }

  async timestamp(context: Context): Promise<number> {
    return await (await this.#remote()).timestamp(context);
  }

  async close(): Promise<void> {
    this.#closing.abort(new AnnexError('peer', `the node ${this.uuid} was let go of`));
    const made = await this.#making?.catch(() => undefined);
    await made?.close();
  }

  async #remote(): Promise<Remote> {
    const { make, uuid, clock } = this.#options;
    const { signal } = this.#closing;
    signal.throwIfAborted();
    this.#failure.throwIfRecent();
    const sinceSeconds = clock.elapsedSeconds();
    const making = (this.#making ??= make(signal));
    try {
      const made = await making;
      this.#failure.forget();
      return made;
    } catch (error) {
      if (this.#making === making) this.#making = undefined;
      const { message } = toAnnexError(error, 'finding it');
      throw this.#failure.remember(
        new AnnexError('peer', `the node ${uuid} cannot be reached: ${message}`, { cause: error }),
        sinceSeconds,
      );
    }
  }
}
