/**
 * All that is worth telling, as one union. Code reports events to an injected sink; standard error, metrics and tests
 * read the same stream. Nothing in Annexus prints by itself.
 */

import type { ByteString } from '../util/byte-string.ts';
import type { Key } from './key.ts';
import type { UUID } from './uuid.ts';

export type Event =
  /** `unix:PATH` for a unix socket. */
  | { readonly type: 'listening'; readonly url: string }
  /** A changed TLS certificate is used from now on. */
  | { readonly type: 'certificate-loaded'; readonly file: string }
  | {
      readonly type: 'request';
      readonly requestId: string;
      readonly method: string;
      readonly path: string;
      readonly status: number;
      readonly durationMs: number;
    }
  | { readonly type: 'request-failed'; readonly requestId: string; readonly error: unknown }
  /** Answered with a no whose reason the protocol has no place for. */
  | {
      readonly type: 'request-refused';
      readonly requestId: string;
      readonly request: string;
      readonly reason: string;
    }
  | { readonly type: 'node-failed'; readonly node: UUID; readonly operation: string; readonly error: unknown }
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

/** Must not throw and must not keep the caller waiting. */
export type EventSink = (event: Event) => void;
