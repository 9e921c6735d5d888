/**
 * Keeps the gateways of a cluster in step: each remote with an `annex-cluster-gateway` setting is a peer.
 *
 * A change goes to the peers as soon as it is committed, which gathers about a second of changes. Peers that are real
 * git-annex tell nobody of theirs, so each peer is looked at every few seconds as well. One that cannot be reached is tried
 * again until it can, so that gateways that were cut off from each other agree again by themselves.
 */

import { AnnexError } from '../../types/annex-error.ts';
import type { EventSink } from '../../types/event.ts';
import { byteStringToUTF8 } from '../../util/byte-string.ts';
import type { Clock, Timer } from '../../util/clock.ts';
import type { AnnexBranch } from '../branch/annex-branch.ts';
import type { GitConfig } from '../git/git-config.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { agreeWithPeer } from './peer-branch.ts';

export interface PeerSyncOptions {
  readonly git: GitRepository;
  readonly branch: AnnexBranch;
  readonly clock: Clock;
  readonly events: EventSink;
  /** How often a peer is looked at without a reason; undefined: never. */
  readonly lookEveryMs?: number | undefined;
}

export class PeerSync {
  readonly #options: PeerSyncOptions;
  readonly #peers = new Map<string, Peer>();
  #isClosed = false;

  constructor(options: PeerSyncOptions) {
    this.#options = options;
  }

  /**
   * Follows the peers that the configuration has. Who looks at peers looks at new ones at once; others only tell them of
   * changes, so that a short-lived process that changed nothing asks nobody.
   */
  follow(config: GitConfig): void {
    const names = new Set(peerNames(config));
    for (const [name, peer] of this.#peers) {
      if (names.has(name)) continue;
      this.#peers.delete(name);
      peer.forget();
    }
    for (const name of names) {
      if (this.#isClosed || this.#peers.has(name)) continue;
      const peer = new Peer(name, this.#options);
      this.#peers.set(name, peer);
      if (this.#options.lookEveryMs !== undefined) peer.changed();
    }
  }

  /** Our branch has something new. */
  changed(): void {
    for (const peer of this.#peers.values()) peer.changed();
  }

  /** Tells the peers what they have not been told, within a limit. Call it when the last commit is made. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(Array.from(this.#peers.values(), (peer) => peer.close()));
  }
}

/** One other gateway. At most one exchange with it runs at a time. */
class Peer {
  readonly #name: string;
  readonly #options: PeerSyncOptions;
  /** What it was not told so far. */
  #isDue = false;
  #failures = 0;
  /** When the last exchange began. */
  #beganSeconds = 0;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(name: string, options: PeerSyncOptions) {
    this.#name = name;
    this.#options = options;
  }

  changed(): void {
    this.#isDue = true;
    if (this.#failures === 0) this.#wakeIn(soonMs);
  }

  /** It is no gateway of ours any more, and is told nothing. */
  forget(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.forget();
    // One that runs may have begun before the last commit.
    await this.#running;
    if (this.#isDue) await this.#agree();
  }

  #wakeIn(delayMs: number): void {
    if (this.#isClosed || this.#running !== undefined) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#running = this.#agree().finally(() => {
        this.#running = undefined;
        this.#wakeAgain();
      });
    });
  }

  #wakeAgain(): void {
    const { lookEveryMs, clock } = this.#options;
    // An attempt that ended after a long silence was a pause already.
    const tookMs = (clock.elapsedSeconds() - this.#beganSeconds) * 1000;
    const pauseMs = Math.min(retryMs * 2 ** this.#failures, longestRetryMs);
    if (this.#failures > 0) this.#wakeIn(Math.max(pauseMs - tookMs, soonMs));
    else if (this.#isDue) this.#wakeIn(soonMs);
    else if (lookEveryMs !== undefined) this.#wakeIn(lookEveryMs);
  }

  async #agree(): Promise<void> {
    const { git, branch, clock, events } = this.#options;
    this.#isDue = false;
    this.#beganSeconds = clock.elapsedSeconds();
    const controller = new AbortController();
    const limit = clock.after(limitMs, () => {
      controller.abort(new AnnexError('peer', `it took longer than ${limitMs / 1000} s`));
    });
    try {
      await agreeWithPeer({ git, branch, peer: this.#name, signal: controller.signal });
      this.#failures = 0;
    } catch (error) {
      this.#isDue = true;
      this.#failures++;
      // Told once: it is tried again every few seconds.
      if (this.#failures === 1) {
        const reason = error instanceof Error ? error.message : String(error);
        events({
          type: 'warning',
          message: `the gateway ${this.#name} cannot be told of changes: ${reason}`,
        });
      }
    } finally {
      limit.cancel();
    }
  }
}

function peerNames(config: GitConfig): readonly string[] {
  return config.subsections('remote').flatMap((name) => {
    const text = byteStringToUTF8(name);
    const isPeer =
      (config.get(`remote.${name}.annex-cluster-gateway`) ?? '').trim() !== '' &&
      config.getBool(`remote.${name}.annex-ignore`) !== true &&
      config.get(`remote.${name}.url`) !== undefined;
    // A name like an option, or one that no ref can have, is no remote of ours.
    return text !== undefined && isPeer && /^[^-/][^\s~^:?*[\\]*$/.test(text) ? [text] : [];
  });
}

const soonMs = 200;
const retryMs = 500;
const longestRetryMs = 5_000;
const limitMs = 20_000;
