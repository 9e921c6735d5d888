/**
 * One remote of the gateway, served under its own UUID (git-annex's design/passthrough_proxy).
 *
 * Passes every question on, and records in the gateway's location log what changed before it answers: content stored,
 * content found to be there already, content removed, and what the node says about repositories behind it. Timestamps
 * are the gateway's own, and are translated when it removes.
 */

import type { EventSink } from '../types/event.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { Clock } from '../util/clock.ts';
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
  Stored,
  StoreOptions,
  Upload,
  Validity,
} from '../remote/remote.ts';
import type { LocationTracker, TrackedOperation } from './location-tracker.ts';
import { countedContent, countedUpload } from './counted-transfer.ts';
import type { Reservation } from './live-sizes.ts';
import type { NodeLoads } from './node-loads.ts';
import type { Placement } from './placement.ts';
import { refuseUnloggable } from './refuse-unloggable.ts';
import { gatewayTimestamp, removeTranslated } from './remove-before.ts';

export interface ProxiedRemoteOptions {
  readonly remote: Remote;
  readonly tracker: LocationTracker;
  readonly clock: Clock;
  readonly report: EventSink;
  /** Where room is kept for uploads on their way. */
  readonly placement: Placement;
  /** Where its transfers count. */
  readonly loads: NodeLoads;
}

export class ProxiedRemote implements Remote {
  readonly uuid: UUID;
  readonly traits: RemoteTraits;
  readonly #remote: Remote;
  readonly #options: ProxiedRemoteOptions;

  constructor(options: ProxiedRemoteOptions) {
    this.#options = options;
    this.#remote = options.remote;
    this.uuid = options.remote.uuid;
    this.traits = options.remote.traits;
  }

  checkPresent(key: Key, context: Context): Promise<boolean> {
    return this.#remote.checkPresent(key, context);
  }

  lockContent(key: Key, context: Context): Promise<ContentLock | NotLocked> {
    return this.#remote.lockContent(key, context);
  }

  async retrieve(key: Key, options: RetrieveOptions, context: Context): Promise<Content | undefined> {
    const { clock, loads } = this.#options;
    const content = await this.#remote.retrieve(key, options, context);
    return content && countedContent(content, { transfer: loads.begin(this.uuid), clock });
  }

  async store(key: Key, options: StoreOptions, context: Context): Promise<StoreAnswer> {
    const unloggable = refuseUnloggable(key);
    if (unloggable !== undefined) return unloggable;
    const answer = await this.#track<StoreAnswer>(key, context, {
      run: () => this.#remote.store(key, options, context),
      change: (found) => ({
        present: found.type === 'already-have' ? [this.uuid, ...found.plusUUIDs] : [],
        missing: [],
      }),
    });
    if (answer.type !== 'upload') return answer;
    try {
      const room = await this.#options.placement.hold(key, this.uuid, context.signal);
      const transfer = this.#options.loads.begin(this.uuid);
      const upload = countedUpload(answer, { transfer, signal: context.signal });
      return this.#tracked(upload, { key, context, room });
    } catch (error) {
      await answer.abort();
      throw error;
    }
  }

  async remove(key: Key, { before }: RemoveOptions, context: Context): Promise<Removed> {
    const { clock, report } = this.#options;
    const removed = await this.#track(key, context, {
      run: () => removeTranslated(key, { remote: this.#remote, before, clock }, context),
      change: (found) => ({ present: [], missing: this.#reached(found.removed, found.plusUUIDs) }),
    });
    if (removed.removed) report({ type: 'removed', key, uuids: this.#reached(true, removed.plusUUIDs) });
    return removed;
  }

  timestamp(context: Context): Promise<number> {
    context.signal.throwIfAborted();
    return Promise.resolve(gatewayTimestamp(this.#options.clock));
  }

  #tracked(upload: Upload, { key, context, room }: Tracked): Upload {
    const release = (): void => {
      if (room === undefined) return;
      context.signal.removeEventListener('abort', release);
      room.release();
    };
    if (room !== undefined) {
      context.signal.addEventListener('abort', release);
      if (context.signal.aborted) release();
    }
    const end = async (run: () => Promise<Stored>): Promise<Stored> => {
      const stored = await this.#track(key, context, {
        run,
        change: (found) => ({ present: this.#reached(found.stored, found.plusUUIDs), missing: [] }),
      }).finally(release);
      if (stored.stored) {
        this.#options.report({ type: 'stored', key, uuids: this.#reached(true, stored.plusUUIDs) });
      }
      return stored;
    };
    return {
      type: 'upload',
      offset: upload.offset,
      announce: (lengthBytes: number) => upload.announce(lengthBytes),
      send: (chunk: Uint8Array) => upload.send(chunk),
      finish: (validity: Validity) => end(() => upload.finish(validity)),
      dataPresent: () => end(() => upload.dataPresent()),
      abort: () => upload.abort().finally(release),
    };
  }

  #reached(itself: boolean, plusUUIDs: readonly UUID[]): readonly UUID[] {
    return itself ? [this.uuid, ...plusUUIDs] : plusUUIDs;
  }

  #track<T>(key: Key, context: Context, operation: Omit<TrackedOperation<T>, 'probe'>): Promise<T> {
    const probe = async (uuid: UUID): Promise<boolean | undefined> =>
      uuid === this.uuid ? this.#remote.checkPresent(key, context) : undefined;
    return this.#options.tracker.track(key, { ...operation, probe });
  }
}

interface Tracked {
  readonly key: Key;
  readonly context: Context;
  readonly room: Reservation | undefined;
}
