/**
 * What the client needs of HTTP, so that the same code runs over node:http, in a browser and in tests. A transport speaks
 * to one server, keeps its connections alive and bounds them.
 *
 * A connection that cannot be made, breaks or stalls is an AnnexError `peer`; an aborted signal is thrown as it is. Every
 * status is an answer, and redirections are not followed.
 */

import type { ByteString } from '../../../util/byte-string.ts';

export interface HttpTransport {
  /** Resolves when the head of the response is there, which may be before the whole body was sent. */
  request(request: ClientRequest): Promise<ClientResponse>;
  /** Ends all connections. */
  close(): void;
}

export interface ClientRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query as they are sent. */
  readonly target: ByteString;
  /** Names and values by turns; lengths and connection matters are the transport's. */
  readonly headers: readonly string[];
  /**
   * Bytes are sent with their length, and again where a connection that was kept alive turns out to be dead. A stream is
   * sent chunked, once. The next chunk is asked for when the machine took the one before; `return()` is called where the rest
   * is not wanted, and the response then comes all the same. A body that throws breaks the connection.
   */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** Content is on its way in one direction, which may take long: short questions do not wait for it. */
  readonly isTransfer: boolean;
  /**
   * Bytes that the server may have to read, or to pass on, before it takes the body, and before it answers. It is waited
   * for longer then.
   */
  readonly work?: RequestWork | undefined;
  /** Breaks the connection at once: what a chunk holds is not looked at any more. */
  readonly signal: AbortSignal;
}

export interface RequestWork {
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

export interface ClientResponse {
  readonly status: number;
  readonly statusText: string;
  /** The value of a header; `name` in lower case. */
  header(name: string): ByteString | undefined;
  /** Ends where the server ended it; a connection that breaks before throws. Whoever has it drains it or calls `return()`. */
  readonly body: AsyncIterable<Uint8Array>;
}
