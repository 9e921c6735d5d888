/**
 * The Remote: everything that holds content, answering the six questions of git-annex's P2P protocol.
 *
 * A repository on disk, a proxied remote, a cluster, each wrapper around one: all are Remotes, so any of them can stand
 * behind any door. Negative answers are values that keep their reason; an exception (AnnexError, or `signal.reason`)
 * means that the answer cannot be known. `remote/conformance/` is the executable form of these comments.
 */

import type { ByteString } from '../util/byte-string.ts';
import type { Key } from '../types/key.ts';
import type { TraceContext } from '../types/trace-context.ts';
import type { UUID } from '../types/uuid.ts';

/** What the clients of one server may do; the P2P protocol's ServerMode. */
export type ServerMode = 'readonly' | 'appendonly' | 'readwrite';

/** Who asks and how; passed along unchanged to every Remote behind. */
export interface Context {
  /** The repository that asks, for transfer files and their locks. */
  readonly clientUUID: UUID;
  /** Gateways already on the way (P2P message BYPASS), which must not be asked again. */
  readonly bypass: readonly UUID[];
  /** The file that the key is wanted for, relative to the top of the work tree. For display and preferred content. */
  readonly associatedFile?: ByteString | undefined;
  readonly requestId: string;
  /** The work that this is a part of; undefined where nobody traces. */
  readonly trace?: TraceContext | undefined;
  /** Aborted when the one who asked is gone. Content locks outlive it. */
  readonly signal: AbortSignal;
}

export interface RemoteTraits {
  readonly kind: 'repository' | 'special-remote' | 'cluster';
  /** True where asking costs no round trip: a repository on this machine's disk. */
  readonly local: boolean;
}

export interface Remote {
  readonly uuid: UUID;
  readonly traits: RemoteTraits;

  /** Whether the content is there now. Throws when that cannot be known. */
  checkPresent(key: Key, context: Context): Promise<boolean>;

  /** Keeps the content from being removed, for ten minutes at first. */
  lockContent(key: Key, context: Context): Promise<ContentLock | NotLocked>;

  /**
   * The content from `offset` to its end; undefined where it is not present.
   * @param options.offset bytes to leave out; at or past the end gives no bytes.
   */
  retrieve(key: Key, options: RetrieveOptions, context: Context): Promise<Content | undefined>;

  /** Begins an upload. Nothing is stored until the Upload is finished. */
  store(key: Key, options: StoreOptions, context: Context): Promise<StoreAnswer>;

  /**
   * Removes the content. Absent content counts as removed.
   * @param options.before remove only while this Remote's own `timestamp` is less; undefined for no limit.
   */
  remove(key: Key, options: RemoveOptions, context: Context): Promise<Removed>;

  /** Whole seconds of this Remote's own monotonic clock. */
  timestamp(context: Context): Promise<number>;
}

/** Content that cannot be removed meanwhile. Not tied to any connection: whoever has it must release it or let it run out. */
export interface ContentLock {
  readonly locked: true;
  /** Milliseconds since the epoch until which the lock holds if nothing more is said. */
  readonly untilMs: number;
  /** True where it holds until then though this process ends, or whatever else serves the Remote here. */
  readonly outlivesProcess?: boolean | undefined;
  /** The lock holds for ten more minutes from now at least. */
  extend(): Promise<void>;
  /** Ends the lock early. Without it, the lock ends by itself at `untilMs`. */
  release(): Promise<void>;
}

export interface NotLocked {
  readonly locked: false;
  readonly reason: string;
}

export interface RetrieveOptions {
  readonly offset: number;
}

/**
 * Content on its way. Whoever takes one drains `chunks` or calls `return()` on its iterator, which frees what it holds
 * (a file, a connection).
 */
export interface Content {
  /** How many bytes `chunks` will give: the content's size less the offset. Fewer come only if `chunks` throws. */
  readonly lengthBytes: number;
  /**
   * True where the bytes cannot change while they are read, so that `validity` is sure to be valid. A door may then
   * announce the length for good; otherwise it holds back its last byte until `validity` is known.
   */
  readonly stable: boolean;
  /** Where stable content lies on this machine as a file of its own, all of it: another program may read it there. Absolute. */
  readonly file?: ByteString | undefined;
  /** Each chunk may be overwritten once the next one is asked for: who keeps bytes copies them. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** After `chunks` has ended: whether the content stayed the same while it was read. */
  validity(): Promise<Validity>;
}

export type Validity = 'valid' | 'invalid';

export interface StoreOptions {
  /**
   * A digest over the whole content, which the caller feeds with every byte before it sends the next. An Upload that begins
   * at offset 0 may use it in place of a digest of its own, so that bytes that go to many nodes are hashed once.
   */
  readonly digest?: ContentDigest | undefined;
  /**
   * Set where the sender can only send from this byte on, whatever the Upload's offset is. A cluster then leaves out nodes
   * that lack bytes before it. An Upload whose offset is still smaller must not be sent to: there would be a hole.
   */
  readonly from?: number | undefined;
}

/** Computes a key's hash while its bytes pass. */
export interface ContentDigest {
  update(chunk: Uint8Array): void;
  /** Whether the bytes given so far are the key's content. True for keys that no hash can verify. May be asked repeatedly once all bytes were given. */
  matches(): boolean;
}

/** Makes a digest for a key; the size is not its business. */
export type DigestFactory = (key: Key) => ContentDigest;

export type StoreAnswer = AlreadyHave | Refused | Upload;

export interface AlreadyHave {
  readonly type: 'already-have';
  /** Further repositories that have it (a cluster's nodes); without the Remote's own UUID. */
  readonly plusUUIDs: readonly UUID[];
}

export interface Refused {
  readonly type: 'refused';
  /**
   * `busy`: another upload of the key is running, try again soon. `behind`: bytes before `StoreOptions.from` are missing,
   * ask for the offset again.
   */
  readonly code: 'busy' | 'behind' | 'no-space' | 'access' | 'unavailable';
  readonly reason: string;
}

/**
 * An upload in progress, which holds the key's transfer locks. Exactly one of `finish`, `dataPresent` and `abort` ends
 * it; an aborted signal ends it like `abort`. What has arrived is kept for the next upload to resume from, unless it
 * turned out wrong.
 */
export interface Upload {
  readonly type: 'upload';
  /** How many bytes are there already from an earlier try; the caller sends from here. */
  readonly offset: number;
  /**
   * Says how many bytes will be sent, before the first `send`; called once, unless nothing is sent. Exactly as many must
   * come before `finish`, since a far repository is told beforehand where the content ends. Never throws.
   */
  announce(lengthBytes: number): void;
  /**
   * The next bytes, in order. Resolves when more may be sent (the pace is the receiver's). The chunk is the callee's to
   * read until then, and not afterwards. After a rejection the Upload is over, as if aborted.
   */
  send(chunk: Uint8Array): Promise<void>;
  /**
   * All bytes were sent. `invalid`: the sender says that they changed underneath, so they count only if they verify.
   * Success is said once the content is verified, flushed and in place, and its presence recorded.
   */
  finish(validity: Validity): Promise<Stored>;
  /** Nothing was sent here because the content got there by other means: succeeds if it is present. */
  dataPresent(): Promise<Stored>;
  /**
   * Ends the upload without storing; for lost connections and probes. Never throws. The chunk of a `send` that is still
   * running may be overwritten as soon as this was called (or the signal aborted), so that chunk is not kept for
   * resuming unless it was taken before.
   */
  abort(): Promise<void>;
}

export type Stored =
  | {
      readonly stored: true;
      /** Further repositories that it reached; without the Remote's own UUID. */
      readonly plusUUIDs: readonly UUID[];
    }
  | { readonly stored: false; readonly reason: string; readonly plusUUIDs: readonly UUID[] };

export interface RemoveOptions {
  /** In whole seconds of the Remote's own `timestamp`. */
  readonly before?: number | undefined;
}

export type Removed =
  | {
      readonly removed: true;
      /** Further repositories that it is gone from; without the Remote's own UUID. */
      readonly plusUUIDs: readonly UUID[];
    }
  | { readonly removed: false; readonly reason: string; readonly plusUUIDs: readonly UUID[] };
