/**
 * A cluster: the Remote that picks among Remotes (git-annex's "cluster" and its ProxySelector).
 *
 * Each question has a file of its own: cluster-presence, cluster-retrieve, cluster-store, cluster-remove. The cluster
 * records locations of its nodes by itself, never its own UUID, and answers with the gateway's own clock.
 */

import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type {
  Content,
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
import { clusterParts, type ClusterOptions, type ClusterParts } from './cluster-parts.ts';
import { checkCluster } from './cluster-presence.ts';
import { removeFromCluster } from './cluster-remove.ts';
import { retrieveFromCluster } from './cluster-retrieve.ts';
import { storeToCluster } from './cluster-store.ts';
import { gatewayTimestamp } from './remove-before.ts';

export class Cluster implements Remote {
  readonly uuid: UUID;
  readonly traits: RemoteTraits;
  readonly #parts: ClusterParts;

  constructor(options: ClusterOptions) {
    this.uuid = options.uuid;
    this.traits = { kind: 'cluster', local: options.nodes.every(({ remote }) => remote.traits.local) };
    this.#parts = clusterParts(options);
  }

  checkPresent(key: Key, context: Context): Promise<boolean> {
    return checkCluster(key, this.#parts, context);
  }

  /** Clients lock the nodes, each through its own proxied remote; a lock on a cluster would not say which copy it is. */
  lockContent(_key: Key, context: Context): Promise<NotLocked> {
    context.signal.throwIfAborted();
    return Promise.resolve({
      locked: false,
      reason: 'the content of a cluster cannot be locked, that of its nodes can',
    });
  }

  retrieve(key: Key, { offset }: RetrieveOptions, context: Context): Promise<Content | undefined> {
    return retrieveFromCluster(key, { offset, parts: this.#parts }, context);
  }

  /** Each cluster hashes for itself: its senders may be several. */
  store(key: Key, { from }: StoreOptions, context: Context): Promise<StoreAnswer> {
    return this.#parts.uploads.store(
      key,
      {
        from,
        cluster: this.uuid,
        begin: (shared) => storeToCluster(key, { from, parts: this.#parts }, shared),
        isPresent: (asked) => this.checkPresent(key, asked),
      },
      context,
    );
  }

  remove(key: Key, { before }: RemoveOptions, context: Context): Promise<Removed> {
    return removeFromCluster(key, { before, parts: this.#parts }, context);
  }

  timestamp(context: Context): Promise<number> {
    context.signal.throwIfAborted();
    return Promise.resolve(gatewayTimestamp(this.#parts.clock));
  }
}
