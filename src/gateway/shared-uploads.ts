/**
 * Several uploads of one key to one cluster at the same time are one: its bytes are taken from whoever comes first with
 * the next ones, and it goes on for as long as one of the senders does. Each is answered when the content is stored.
 *
 * Where real git-annex is the way in to several gateways of a cluster, a key comes by several ways at once, and to refuse
 * one of them breaks its session (decision 9). Nothing here waits in a circle: a sender is told at once from where to send,
 * has the bytes that others hold back, and all but the first wait for the gateway's own nodes alone.
 *
 * Only keys that a hash verifies are shared: what senders say of others could differ.
 */

import { backendOf } from '../types/backend.ts';
import { keyVariety, type Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { Context, StoreAnswer, StoreOptions } from '../remote/remote.ts';
import { SharedUpload, type SharedUploadOptions } from './shared-upload.ts';

export class SharedUploads {
  readonly #running = new Map<string, SharedUpload>();

  /** As `Remote.store` of the cluster. */
  async store(
    key: Key,
    options: Pick<StoreOptions, 'from'> & SharedUploadOptions & { readonly cluster: UUID },
    context: Context,
  ): Promise<StoreAnswer> {
    const { cluster, from } = options;
    if (backendOf(keyVariety(key)).hash === undefined) return await options.begin(context);
    context.signal.throwIfAborted();
    const name = `${cluster} ${key}`;
    const running = this.#running.get(name);
    if (running !== undefined) return await running.join(from, context);
    const upload = new SharedUpload(key, options, () => {
      if (this.#running.get(name) === upload) this.#running.delete(name);
    });
    this.#running.set(name, upload);
    return await upload.open(context);
  }
}
