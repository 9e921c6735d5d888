/**
 * A node whose Remote has to be found out about before it can be made (an HTTP server's configuration, say). It is made
 * when it is first asked something, and one that cannot be is tried again once a second, not by every request.
 */

import { AnnexError, toAnnexError } from '../../types/annex-error.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { Clock } from '../../util/clock.ts';
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
  readonly make: () => Promise<ClosableRemote>;
  readonly clock: Clock;
}

export class LazyNode implements ClosableRemote {
  readonly uuid: UUID;
  readonly traits: RemoteTraits;
  readonly #options: LazyNodeOptions;
  #making: Promise<ClosableRemote> | undefined;
  #failure: AnnexError | undefined;
  #failedSeconds = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: LazyNodeOptions) {
    this.#options = options;
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
    this.#isClosed = true;
    const made = await this.#making?.catch(() => undefined);
    await made?.close();
  }

  async #remote(): Promise<Remote> {
    const { clock, make, uuid } = this.#options;
    if (this.#isClosed) throw new AnnexError('peer', `the node ${uuid} was let go of`);
    if (this.#failure !== undefined && clock.monotonicSeconds() - this.#failedSeconds < retrySeconds)
      throw this.#failure;
    const making = (this.#making ??= make());
    try {
      const made = await making;
      this.#failure = undefined;
      return made;
    } catch (error) {
      if (this.#making === making) this.#making = undefined;
      const { message } = toAnnexError(error, 'finding it');
      this.#failedSeconds = clock.monotonicSeconds();
      this.#failure = new AnnexError('peer', `the node ${uuid} cannot be reached: ${message}`, {
        cause: error,
      });
      throw this.#failure;
    }
  }
}

const retrySeconds = 1;
