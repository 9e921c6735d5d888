/** A key's content as a resource of the web. */

import { keySizeBytes, type Key } from '../../../types/key.ts';
import type { Context, Remote } from '../../../remote/remote.ts';
import { keyTag } from './entity-tag.ts';
import type { Resource } from './resource-reply.ts';

/** What a download needs of a Remote. */
export type ContentSource = Pick<Remote, 'checkPresent' | 'retrieve'>;

export interface KeyResourceOptions {
  readonly source: ContentSource;
  readonly context: Context;
  /** Where anyone can get a key from somebody else. */
  readonly publicURL?: ((key: Key) => Promise<string | undefined>) | undefined;
}

export function keyResource(key: Key, { source, context, publicURL }: KeyResourceOptions): Resource {
  return {
    tag: keyTag(key),
    sizeBytes: keySizeBytes(key),
    isThere: () => source.checkPresent(key, context),
    open: (offset) => source.retrieve(key, { offset }, context),
    publicURL: () => publicURL?.(key) ?? Promise.resolve(undefined),
  };
}
