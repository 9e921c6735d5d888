/**
 * An HTTP request and its reply as the universal code sees them, so that the endpoints run under node:http, in the
 * simulator and in tests alike. Paths, queries and header values are byte strings exactly as they were sent.
 */

import type { TraceContext } from '../../types/trace-context.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';

/** A request without its body. */
export interface RequestHead {
  /** Unique, across restarts too; names the request in events, and to the client. */
  readonly id: string;
  /** In capitals. */
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: ByteString;
  /** What follows the `?`, still encoded; empty where there is none. */
  readonly query: ByteString;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** The client's network address; undefined where it has none (unix sockets). */
  readonly address: string | undefined;
  /** Undefined where nobody traces. */
  readonly trace?: TraceContext | undefined;
  /** The value of a header; `name` in lower case. */
  header(name: string): ByteString | undefined;
  /** It was granted: who asks, and what is asked, for the event that tells of the request's end. */
  granted(user: ByteString | undefined, repository: UUID): void;
}

export interface HttpRequest extends RequestHead {
  /**
   * The body, once. Each chunk is the reader's until the next is asked for. Throws when the client hangs up or stalls;
   * a clean end is a body that the client ended. What is left unread when the reply is given is discarded.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted when the client is gone before the whole reply was sent. */
  readonly signal: AbortSignal;
  /** From now on this client may keep silent for as long as it likes: the progress timeout is not for it. */
  allowSilence(): void;
}

export interface HttpReply {
  readonly status: number;
  /** Names and values by turns, the names as sent. Lengths and connection matters are the listener's. */
  readonly headers: readonly string[];
  /** Nothing, text (sent as UTF-8), or bytes. */
  readonly body?: string | ByteStream | undefined;
}

/** Bytes to send. Whoever takes them drains `chunks` or calls `return()` on its iterator. */
export interface ByteStream {
  /** Announced as Content-Length: exactly as many must come. Undefined: sent chunked, and the end is where it ends. */
  readonly lengthBytes: number | undefined;
  /** Each chunk may be overwritten once the next one is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Answers a request, or undefined where it is none of its business. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpReply> | undefined;

export function jsonReply(value: object): HttpReply {
  return { status: 200, headers: jsonHeaders, body: JSON.stringify(value) };
}

/** Text for people. It always has a type, so that no browser takes reflected input for a page. */
export function textReply(status: number, text: string): HttpReply {
  return { status, headers: textHeaders, body: text };
}

export function emptyReply(status: number, headers: readonly string[] = []): HttpReply {
  return { status, headers };
}

// Spelled as git-annex spells it.
const jsonHeaders = ['Content-Type', 'application/json;charset=utf-8'];
const textHeaders = ['Content-Type', 'text/plain;charset=utf-8', 'X-Content-Type-Options', 'nosniff'];
