/**
 * A node that is a repository on this machine's disk, opened when it is first asked for and used directly: no process
 * serves it. A disk that is not mounted, or that has another repository on it, makes every answer an error until it is
 * back; the gateway and its other nodes live on.
 */

import { stat } from 'node:fs/promises';
import { deriveContext } from '../../remote/derive-context.ts';
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
import type { OpenAnnex } from '../annex/open-annex.ts';

export interface LocalNodeOptions {
  readonly uuid: UUID;
  /** Of the gateway: who has transfers with the node, as the node sees it. */
  readonly ownUUID: UUID;
  /** Where it should be; named in errors. */
  readonly path: string;
  readonly open: () => Promise<OpenAnnex>;
  readonly clock: Clock;
}

export class LocalNode implements Remote {
  readonly uuid: UUID;
  readonly traits: RemoteTraits = { kind: 'repository', local: true };
  readonly #options: LocalNodeOptions;
  #opening: Promise<OpenedNode> | undefined;
  #opened: OpenedNode | undefined;
  readonly #failure: RecentFailure;
  #closed = false;

  constructor(options: LocalNodeOptions) {
    this.uuid = options.uuid;
    this.#options = options;
    this.#failure = new RecentFailure(options.clock);
  }

  async checkPresent(key: Key, context: Context): Promise<boolean> {
    return await this.#ask(
      (remote) => remote.checkPresent(key, context),
      (isPresent) => isPresent,
    );
  }

  async lockContent(key: Key, context: Context): Promise<ContentLock | NotLocked> {
    return await this.#ask(
      (remote) => remote.lockContent(key, context),
      ({ locked }) => locked,
    );
  }

  async retrieve(key: Key, options: RetrieveOptions, context: Context): Promise<Content | undefined> {
    return await this.#ask(
      (remote) => remote.retrieve(key, options, this.#own(context)),
      (content) => content !== undefined,
    );
  }

  async store(key: Key, options: StoreOptions, context: Context): Promise<StoreAnswer> {
    // Asked for first: nothing may be written to what stands in the repository's place now.
    if (this.#opened !== undefined && !(await this.#opened.isThere())) this.#letGo();
    return await (await this.#current()).remote.store(key, options, this.#own(context));
  }

  async remove(key: Key, options: RemoveOptions, context: Context): Promise<Removed> {
    if (this.#opened !== undefined && !(await this.#opened.isThere())) this.#letGo();
    return await this.#ask(
      (remote) => remote.remove(key, options, context),
      ({ removed }) => !removed,
    );
  }

  async timestamp(context: Context): Promise<number> {
    return await (await this.#current()).remote.timestamp(context);
  }

  /** Commits what the node's journal holds and lets go of it. */
  async close(): Promise<void> {
    this.#closed = true;
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.annex.close();
  }

  #own(context: Context): Context {
    return deriveContext(context, { clientUUID: this.#options.ownUUID });
  }

  /**
   * Under a directory that is gone every file looks absent, so an answer that says so counts only when the repository is
   * still there afterwards. Otherwise it is opened again, and asked, or the answer is an error.
   */
  async #ask<T>(question: (remote: Remote) => Promise<T>, isProof: (answer: T) => boolean): Promise<T> {
    const opened = this.#opened ?? (await this.#current());
    const answer = await question(opened.remote);
    if (isProof(answer) || (await opened.isThere())) return answer;
    if (this.#opened === opened) this.#letGo();
    const again = await this.#current();
    const second = await question(again.remote);
    if (isProof(second) || (await again.isThere())) return second;
    throw new AnnexError(
      'peer',
      `the node ${this.uuid} cannot be reached: it is not at ${this.#options.path}`,
    );
  }

  async #current(): Promise<OpenedNode> {
    if (this.#closed)
      throw new AnnexError('invariant', `the node ${this.uuid} was asked after it was closed`);
    this.#failure.throwIfRecent();
    this.#opening ??= this.#open();
    const opening = this.#opening;
    try {
      this.#opened = await opening;
      this.#failure.forget();
      return this.#opened;
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      const { message } = toAnnexError(error, this.#options.path);
      throw this.#failure.remember(
        new AnnexError('peer', `the node ${this.uuid} cannot be reached: ${message}`, { cause: error }),
      );
    }
  }

  async #open(): Promise<OpenedNode> {
    const { path, uuid } = this.#options;
    const annex = await this.#options.open();
    if (annex.uuid !== uuid) {
      await annex.close();
      throw new AnnexError('config', `expected repository ${uuid} at ${path} but found ${annex.uuid}`);
    }
    const { gitDir } = annex.git;
    const identity = await identityOf(gitDir);
    return {
      annex,
      remote: annex.remote,
      isThere: async () => identity !== undefined && (await identityOf(gitDir)) === identity,
    };
  }

  /** Whatever still uses it may finish; what its journal holds is found there when it is back. */
  #letGo(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#opening = undefined;
    opened?.annex.close().catch(() => undefined);
  }
}

interface OpenedNode {
  readonly annex: OpenAnnex;
  readonly remote: Remote;
  /** Whether the directory that was opened is still the one at its path. */
  isThere(): Promise<boolean>;
}

async function identityOf(directory: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(directory, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
