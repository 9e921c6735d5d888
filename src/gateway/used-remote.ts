/**
 * A Remote that is taken into use for as long as something is under way with it: a question, a download until it is drained,
 * an upload until it ends, a content lock until it is released or has run out. Whoever keeps the Remote knows by that when
 * it may be let go of.
 */

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
} from '../remote/remote.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { Clock, Timer } from '../util/clock.ts';
import { countedContent, countedUpload } from './counted-transfer.ts';
import type { NodeTransfer } from './node-loads.ts';

/** A Remote in use. */
export interface Use {
  readonly remote: Remote;
  /** Repeated calls do nothing. */
  readonly end: () => void;
}

export interface UsedRemoteOptions {
  readonly uuid: UUID;
  readonly traits: RemoteTraits;
  readonly clock: Clock;
  /** Opens it, where it is not open. */
  readonly take: () => Promise<Use>;
}

export class UsedRemote implements Remote {
  readonly uuid: UUID;
  readonly traits: RemoteTraits;
  readonly #options: UsedRemoteOptions;

  constructor(options: UsedRemoteOptions) {
    this.#options = options;
    this.uuid = options.uuid;
    this.traits = options.traits;
  }

  async checkPresent(key: Key, context: Context): Promise<boolean> {
    return await this.#during((remote) => remote.checkPresent(key, context));
  }

  async remove(key: Key, options: RemoveOptions, context: Context): Promise<Removed> {
    return await this.#during((remote) => remote.remove(key, options, context));
  }

  async timestamp(context: Context): Promise<number> {
    return await this.#during((remote) => remote.timestamp(context));
  }

  async lockContent(key: Key, context: Context): Promise<ContentLock | NotLocked> {
    return await this.#beyond(async ({ remote, end }) => {
      const answer = await remote.lockContent(key, context);
      return answer.locked ? new UsedLock(answer, { end, clock: this.#options.clock }) : { answer };
    });
  }

  async retrieve(key: Key, options: RetrieveOptions, context: Context): Promise<Content | undefined> {
    return await this.#beyond(async ({ remote, end }) => {
      const content = await remote.retrieve(key, options, context);
      if (content === undefined) return { answer: content };
      return countedContent(content, { transfer: ended(end), clock: this.#options.clock });
    });
  }

  async store(key: Key, options: StoreOptions, context: Context): Promise<StoreAnswer> {
    return await this.#beyond(async ({ remote, end }) => {
      const answer = await remote.store(key, options, context);
      if (answer.type !== 'upload') return { answer };
      return countedUpload(answer, { transfer: ended(end), signal: context.signal });
    });
  }

  async #during<T>(ask: (remote: Remote) => Promise<T>): Promise<T> {
    const { remote, end } = await this.#options.take();
    try {
      return await ask(remote);
    } finally {
      end();
    }
  }

  /** `{ answer }` ends the use; what is given by itself ends it later. */
  async #beyond<T extends object, A>(ask: (use: Use) => Promise<T | { readonly answer: A }>): Promise<T | A> {
    const use = await this.#options.take();
    try {
      const asked = await ask(use);
      if (!('answer' in asked)) return asked;
      use.end();
      return asked.answer;
    } catch (error) {
      use.end();
      throw error;
    }
  }
}

class UsedLock implements ContentLock {
  readonly locked = true;
  readonly #lock: ContentLock;
  readonly #options: { readonly end: () => void; readonly clock: Clock };
  #timer: Timer | undefined;

  constructor(lock: ContentLock, options: { readonly end: () => void; readonly clock: Clock }) {
    this.#lock = lock;
    this.#options = options;
    this.#arm();
  }

  get untilMs(): number {
    return this.#lock.untilMs;
  }

  get outlivesProcess(): boolean | undefined {
    return this.#lock.outlivesProcess;
  }

  async extend(): Promise<void> {
    await this.#lock.extend();
    this.#arm();
  }

  async release(): Promise<void> {
    this.#timer?.cancel();
    try {
      await this.#lock.release();
    } finally {
      this.#options.end();
    }
  }

  #arm(): void {
    const { clock, end } = this.#options;
    this.#timer?.cancel();
    this.#timer = clock.after(Math.max(this.untilMs - clock.now(), 0), () => {
      if (clock.now() >= this.untilMs) end();
      else this.#arm();
    });
  }
}

function ended(end: () => void): NodeTransfer {
  return { gave: () => undefined, end };
}
