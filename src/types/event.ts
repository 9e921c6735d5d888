/**
 * All that is worth telling, as one union. Code reports events to an injected sink; standard error, logs, metrics, the
 * status page, traces and tests read the same stream. Nothing in Annexus prints by itself.
 *
 * What runs is told twice, when it begins and when it ends. What moves meanwhile is read from the object that the first
 * event brought, so that no chunk costs an event.
 */

import type { ByteString } from '../util/byte-string.ts';
import type { Key } from './key.ts';
import type { TraceContext } from './trace-context.ts';
import type { UUID } from './uuid.ts';

export type Event =
  /** `unix:PATH` for a unix socket. */
  | { readonly type: 'listening'; readonly url: string }
  /** A changed TLS certificate is used from now on. */
  | { readonly type: 'certificate-loaded'; readonly file: string }
  | RequestStarted
  | RequestEnded
  | { readonly type: 'request-failed'; readonly requestId: string; readonly error: unknown }
  /** Answered with a no whose reason the protocol has no place for. */
  | {
      readonly type: 'request-refused';
      readonly requestId: string;
      readonly request: string;
      readonly reason: string;
    }
  | NodeOperation
  | { readonly type: 'node-failed'; readonly node: UUID; readonly operation: string; readonly error: unknown }
  /** It answers again, after it had failed. */
  | { readonly type: 'node-back'; readonly node: UUID }
  | { readonly type: 'transfer-started'; readonly transfer: Transfer }
  /** `abandoned`: whoever asked went away or had enough, which is no failure of the node's. */
  | {
      readonly type: 'transfer-ended';
      readonly transfer: Transfer;
      readonly outcome: 'done' | 'failed' | 'abandoned';
    }
  | { readonly type: 'content-locked'; readonly lock: HeldLock }
  | { readonly type: 'stored'; readonly key: Key; readonly uuids: readonly UUID[] }
  | { readonly type: 'removed'; readonly key: Key; readonly uuids: readonly UUID[] }
  | {
      readonly type: 'branch-committed';
      readonly repository: UUID;
      readonly commit: string;
      readonly files: number;
    }
  | { readonly type: 'branch-merged'; readonly repository: UUID; readonly refs: readonly string[] }
  | { readonly type: 'warning'; readonly message: string; readonly detail?: ByteString | undefined };

export interface RequestStarted {
  readonly type: 'request-started';
  readonly requestId: string;
  readonly method: string;
  /** With its query, as sent. */
  readonly path: string;
}

/** The request was answered, or is over without an answer. */
export interface RequestEnded {
  readonly type: 'request';
  readonly requestId: string;
  readonly method: string;
  /** With its query, as sent. */
  readonly path: string;
  readonly status: number;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
  readonly durationMs: number;
  /** Of the client; undefined for unix sockets. */
  readonly address: string | undefined;
  /** Who it is, where the request got as far as that and came with credentials that count. */
  readonly user: ByteString | undefined;
  /** What was asked: a repository, a node, a cluster. */
  readonly repository: UUID | undefined;
  /** What came over the connection for this request, and went out; with the heads, without TLS. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The client went away before it was over. */
  readonly hungUp: boolean;
  readonly trace: TraceContext | undefined;
}

/** One question to a repository on this disk or to a node, from when it was asked until its last byte. */
export interface NodeOperation {
  readonly type: 'node-operation';
  readonly node: UUID;
  readonly operation: 'checkpresent' | 'get' | 'lockcontent' | 'put' | 'remove' | 'gettimestamp';
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
  readonly durationMs: number;
  /** Undefined where there was an answer, if only a no. Where the asker went away, the node has not failed. */
  readonly error: unknown;
  readonly aborted: boolean;
  readonly trace: TraceContext | undefined;
}

/** Content on its way to a node (`upload`) or from it. */
export interface Transfer {
  readonly direction: 'upload' | 'download';
  readonly node: UUID;
  readonly key: Key;
  readonly file: ByteString | undefined;
  readonly client: UUID;
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
  /** Bytes of the content that were there before. */
  readonly offset: number;
  /** Bytes that are to move. */
  readonly lengthBytes: number;
  /** And how many have by now. */
  readonly movedBytes: number;
}

/** A content lock that a client took. */
export interface HeldLock {
  readonly node: UUID;
  readonly key: Key;
  readonly client: UUID;
  /** Milliseconds since the epoch; grows where it is kept. Past it, the lock is no more. */
  readonly untilMs: number;
  readonly released: boolean;
}

/** Must not throw and must not keep the caller waiting. */
export type EventSink = (event: Event) => void;
