/**
 * A repository, proxied remote or cluster behind an annex+http URL, as a Remote (design/p2p_protocol_over_http, the
 * client's side). Each question has a file of its own: presence, lock-content, retrieve, store and http-upload, remove.
 *
 * What the server says is never taken for more than it can mean: its 404s, empty downloads and `alreadyhave`s are looked
 * into, and what cannot be known throws.
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
} from '../../../remote/remote.ts';
import type { Key } from '../../../types/key.ts';
import type { UUID } from '../../../types/uuid.ts';
import { AnnexApi, type AnnexApiOptions } from './annex-api.ts';
import { HttpUpload } from './http-upload.ts';
import { lockOver } from './lock-content.ts';
import { askPresent } from './presence.ts';
import { removeOver, timestampOver } from './remove.ts';
import { retrieveOver } from './retrieve.ts';
import { beginStore } from './store.ts';

export interface HttpRemoteOptions extends AnnexApiOptions {
  /** What is served under the UUID; a repository where not given. */
  readonly kind?: RemoteTraits['kind'] | undefined;
}

export class HttpRemote implements Remote {
  readonly uuid: UUID;
  readonly traits: RemoteTraits;
  readonly #api: AnnexApi;
  /** Keys whose uploads through this Remote have not ended. */
  readonly #uploading: Set<Key> = new Set<Key>();

  constructor(options: HttpRemoteOptions) {
    this.uuid = options.uuid;
    this.traits = { kind: options.kind ?? 'repository', local: false };
    this.#api = new AnnexApi(options);
  }

  async checkPresent(key: Key, context: Context): Promise<boolean> {
    return await askPresent(key, this.#api, context);
  }

  async lockContent(key: Key, context: Context): Promise<ContentLock | NotLocked> {
    return await lockOver(this.#api, key, context);
  }

  async retrieve(key: Key, { offset }: RetrieveOptions, context: Context): Promise<Content | undefined> {
    return await retrieveOver(this.#api, { key, offset }, context);
  }

  /** The server hears of the upload when its first bytes come: until then only this Remote keeps others from it. */
  async store(key: Key, { digest }: StoreOptions, context: Context): Promise<StoreAnswer> {
    context.signal.throwIfAborted();
    if (this.#uploading.has(key)) {
      return { type: 'refused', code: 'busy', reason: `${key} is being uploaded already` };
    }
    this.#uploading.add(key);
    const ended = (): void => void this.#uploading.delete(key);
    try {
      const beginning = await beginStore(this.#api, key, context);
      context.signal.throwIfAborted();
      if (beginning.type === 'from') {
        const { offset, version } = beginning;
        return new HttpUpload({ api: this.#api, key, offset, version, digest, context, ended });
      }
      ended();
      return beginning;
    } catch (error) {
      ended();
      throw error;
    }
  }

  async remove(key: Key, { before }: RemoveOptions, context: Context): Promise<Removed> {
    return await removeOver(this.#api, { key, before }, context);
  }

  async timestamp(context: Context): Promise<number> {
    return await timestampOver(this.#api, context);
  }

  /** Ends all connections. */
  close(): void {
    this.#api.close();
  }
}
