/**
 * What a client changed, for those who have to know afterwards who it was. Told once the change is there; what was asked
 * for and had no effect is none.
 */

import type { ByteString } from '../util/byte-string.ts';
import type { Key } from './key.ts';
import type { UUID } from './uuid.ts';

export type Change = ContentChange | PushChange;

/** Whose request it was. */
export interface ChangedBy {
  /** Undefined: nobody that is known. */
  readonly user: string | undefined;
  /** Undefined: came without one (unix sockets). */
  readonly address: string | undefined;
  readonly requestId: string;
  /** The repository's name in the URL; undefined: the URL names none, but a UUID alone. */
  readonly repository: string | undefined;
}

export interface ContentChange extends ChangedBy {
  readonly type: 'store' | 'remove';
  /** False: the request failed, but not everywhere. */
  readonly isComplete: boolean;
  /** What the request was sent to: a repository, a proxied remote or a cluster. */
  readonly served: UUID;
  /** Where content is now, or is gone from; of a cluster its nodes too. */
  readonly reached: readonly UUID[];
  readonly key: Key;
  readonly associatedFile: ByteString | undefined;
  /** The repository that the client says it is. */
  readonly clientUUID: UUID;
  /** How many bytes came for it; undefined for a removal. */
  readonly receivedBytes: number | undefined;
}

/** A push that changed refs, or was to. */
export interface PushChange extends ChangedBy {
  readonly type: 'push';
  /** Empty where the client did not say them in a way that can be read. */
  readonly refs: readonly PushedRef[];
}

export interface PushedRef {
  readonly ref: ByteString;
  /** Object names; all zeroes: there is none. */
  readonly from: string;
  readonly to: string;
  /** What git said to it: `ok`, or why not; undefined where it said nothing. */
  readonly outcome: ByteString | undefined;
}

/** Must not throw and must not keep the caller waiting. */
export type ChangeSink = (change: Change) => void;
