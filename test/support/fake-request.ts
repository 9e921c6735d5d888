// Requests that never were on a wire, for tests of the universal handlers.
import type { HttpHandler, HttpReply, HttpRequest } from '../../src/p2p/http/message.ts';

export interface FakeRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: readonly (string | Uint8Array)[];
  /** Thrown once the body's chunks are read. */
  readonly bodyError?: Error;
  readonly signal?: AbortSignal;
  readonly secure?: boolean;
}

export function fakeRequest(request: FakeRequest): HttpRequest {
  const [path = '', query = ''] = request.path.split('?');
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const chunk of request.body ?? [])
      yield await Promise.resolve(Buffer.from(chunk as string, 'latin1'));
    if (request.bodyError !== undefined) throw request.bodyError;
  }
  return {
    id: 'test',
    method: request.method ?? 'POST',
    path,
    query,
    secure: request.secure ?? false,
    address: undefined,
    header: (name) => request.headers?.[name],
    body: body(),
    signal: request.signal ?? new AbortController().signal,
    allowSilence: () => undefined,
    granted: () => undefined,
  };
}

/** The reply of a handler that must take the request; JSON bodies come parsed. */
export async function askHandler(
  handler: HttpHandler,
  request: FakeRequest,
): Promise<HttpReply & { json: unknown }> {
  const reply = await handler(fakeRequest(request));
  if (reply === undefined) throw new Error(`nobody takes ${request.path}`);
  const isJSON = reply.headers[1]?.startsWith('application/json') === true;
  return { ...reply, json: isJSON ? (JSON.parse(reply.body as string) as unknown) : undefined };
}
