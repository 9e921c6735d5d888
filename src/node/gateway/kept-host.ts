/**
 * The gateway of one repository among many: opened when it is first asked for, open while it is in use, and let go of some
 * time after. One that cannot be opened is tried again now and then, and not by every request.
 */

import { stat } from 'node:fs/promises';
import { UsedRemote } from '../../gateway/used-remote.ts';
import type { Remote } from '../../remote/remote.ts';
import { AnnexError, toAnnexError } from '../../types/annex-error.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { Timer } from '../../util/clock.ts';
import { RecentFailure } from '../../util/recent-failure.ts';
import type { FoundRepository } from '../annex/find-repositories.ts';
import { GatewayHost, type HostOptions } from './gateway-host.ts';

export interface KeptHostOptions extends HostOptions, FoundRepository {
  readonly uuid: UUID;
  /** It is let go of when it was not in use for so long. */
  readonly keepMs: number;
  /** Called when it opened; what it gives, when it is let go of. */
  readonly opened: (host: GatewayHost) => (() => void) | undefined;
}

/** A gateway in use: it stays open until the use ends. */
export interface HostUse {
  readonly host: GatewayHost;
  /** Repeated calls do nothing. */
  readonly end: () => void;
}

export class KeptHost {
  readonly #options: KeptHostOptions;
  readonly #failure: RecentFailure;
  #opening: Promise<GatewayHost> | undefined;
  #closing: Promise<void> = Promise.resolve();
  #uses = 0;
  #timer: Timer | undefined;
  #usedSeconds = Number.NEGATIVE_INFINITY;
  #identity: string | undefined;
  #lookedSeconds = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  /** Tells that it was let go of. */
  #closed: (() => void) | undefined;

  constructor(options: KeptHostOptions) {
    this.#options = options;
    this.#failure = new RecentFailure(options.clock);
  }

  get isOpen(): boolean {
    return this.#opening !== undefined;
  }

  get isInUse(): boolean {
    return this.#uses > 0;
  }

  /** Monotonic: when it was last in use. */
  get usedSeconds(): number {
    return this.#usedSeconds;
  }

  /** The Remote served under this UUID, which is in use whenever something is asked of it; undefined where there is none. */
  async resolve(uuid: UUID): Promise<Remote | undefined> {
    const use = await this.take();
    try {
      const remote = await use.host.resolve(uuid);
      if (remote === undefined) return undefined;
      const { clock } = this.#options;
      const take = async (): Promise<{ readonly remote: Remote; readonly end: () => void }> =>
        await this.#takeRemote(uuid);
      return new UsedRemote({ uuid, traits: remote.traits, clock, take });
    } finally {
      use.end();
    }
  }

  /** Throws an AnnexError that says nothing of where the repository is: anyone may see it. */
  async take(): Promise<HostUse> {
    this.#uses++;
    try {
      return { host: await this.#open(), end: this.#once(() => this.#unused()) };
    } catch (error) {
      this.#unused();
      throw error;
    }
  }

  /** As the gateway's. */
  async publicURL(key: Key, uuid: UUID): Promise<string | undefined> {
    const { host, end } = await this.take();
    try {
      return await host.publicURL(key, uuid);
    } finally {
      end();
    }
  }

  /** Looks for it in its place, once a second at most. */
  async isThere(): Promise<boolean> {
    const nowSeconds = this.#options.clock.elapsedSeconds();
    if (nowSeconds - this.#lookedSeconds < lookEverySeconds) return true;
    const identity = await identityOf(this.#options.gitDir);
    this.#identity ??= identity;
    if (identity === undefined || identity !== this.#identity) return false;
    this.#lookedSeconds = nowSeconds;
    return true;
  }

  /** Looks again at what it serves, where it is open. */
  async update(): Promise<void> {
    const host = await this.#opening?.catch(() => undefined);
    await host?.update();
  }

  /** Closes it, to be opened again by the next who asks. */
  letGo(): void {
    const opening = this.#opening;
    if (opening === undefined) return;
    this.#opening = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#closing = this.#close(opening);
  }

  /** For good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.letGo();
    await this.#closing;
  }

  async #takeRemote(uuid: UUID): Promise<{ readonly remote: Remote; readonly end: () => void }> {
    const use = await this.take();
    try {
      const remote = await use.host.resolve(uuid);
      if (remote !== undefined) return { remote, end: use.end };
      throw new AnnexError('peer', `${uuid} is not served any more`);
    } catch (error) {
      use.end();
      throw error;
    }
  }

  async #open(): Promise<GatewayHost> {
    const { uuid, path, events, clock } = this.#options;
    if (this.#isClosed) throw new AnnexError('peer', `${uuid} is not served any more`);
    this.#failure.throwIfRecent();
    const sinceSeconds = clock.elapsedSeconds();
    const opening = (this.#opening ??= this.#begin());
    try {
      const host = await opening;
      this.#failure.forget();
      return host;
    } catch (error) {
      if (this.#opening === opening) {
        this.#opening = undefined;
        const { message } = toAnnexError(error, 'opening it');
        events({ type: 'warning', message: `the repository at ${path} cannot be served: ${message}` });
      }
      const told = new AnnexError('remote', `the repository of ${uuid} cannot be opened`, { cause: error });
      throw this.#failure.remember(told, sinceSeconds);
    }
  }

  async #begin(): Promise<GatewayHost> {
    await this.#closing;
    const host = await GatewayHost.open(this.#options.path, this.#options);
    this.#closed = this.#options.opened(host);
    return host;
  }

  async #close(opening: Promise<GatewayHost>): Promise<void> {
    const host = await opening.catch(() => undefined);
    this.#closed?.();
    this.#closed = undefined;
    await host?.close().catch((error: unknown) => {
      const { message } = toAnnexError(error, this.#options.path);
      this.#options.events({ type: 'warning', message });
    });
  }

  #unused(): void {
    this.#uses--;
    this.#usedSeconds = this.#options.clock.elapsedSeconds();
    // One timer serves many uses: it is looked at when it ends, not set anew by each.
    if (this.#uses === 0 && this.#timer === undefined) this.#arm(this.#options.keepMs);
  }

  #arm(delayMs: number): void {
    const { clock, keepMs } = this.#options;
    this.#timer = clock.after(delayMs, () => {
      this.#timer = undefined;
      // The end of the use sets it again.
      if (this.#uses > 0) return;
      const leftMs = keepMs - (clock.elapsedSeconds() - this.#usedSeconds) * 1000;
      if (leftMs > timerSlackMs) this.#arm(leftMs);
      else this.letGo();
    });
  }

  #once(work: () => void): () => void {
    let isDone = false;
    return () => {
      if (!isDone) work();
      isDone = true;
    };
  }
}

async function identityOf(directory: string): Promise<string | undefined> {
  const there = await stat(directory, { bigint: true }).catch(() => undefined);
  return there && `${there.dev}:${there.ino}`;
}

const lookEverySeconds = 1;
// Timers may end a little before their time by another clock.
const timerSlackMs = 10;
