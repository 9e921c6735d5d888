// A transport that hands requests to a handler of the same process: the client's code meets the server's without a wire.
import type {
  ClientRequest,
  ClientResponse,
  HttpTransport,
} from '../../src/p2p/http/client/http-transport.ts';
import { failureReply } from '../../src/p2p/http/failure.ts';
import type { HttpHandler, HttpReply } from '../../src/p2p/http/message.ts';

export interface MemoryTransportOptions {
  readonly handler: HttpHandler;
  /** Sees each request first; what it returns is the answer. */
  readonly before?: (request: ClientRequest) => HttpReply | undefined | Promise<HttpReply | undefined>;
}

export class MemoryTransport implements HttpTransport {
  /** "METHOD target" of every request. */
  readonly asked: string[] = [];
  readonly #options: MemoryTransportOptions;

  constructor(options: MemoryTransportOptions) {
    this.#options = options;
  }

  async request(request: ClientRequest): Promise<ClientResponse> {
    const { signal } = request;
    signal.throwIfAborted();
    this.asked.push(`${request.method} ${request.target}`);
    const body = interruptible(bodyOf(request), signal);
    const answered = (async () => {
      const early = await this.#options.before?.(request);
      return early ?? (await this.#handle(request, body));
    })().catch((error: unknown) => failureReply(error));
    const reply = await orAborted(answered, signal);
    await body.return?.();
    return responseOf(reply, signal);
  }

  close(): void {}

  #handle(request: ClientRequest, body: AsyncIterableIterator<Uint8Array>): Promise<HttpReply> {
    const [path = '', query = ''] = request.target.split('?');
    const headers = new Map<string, string>();
    for (let index = 0; index + 1 < request.headers.length; index += 2) {
      headers.set(request.headers[index]!.toLowerCase(), request.headers[index + 1]!);
    }
    const answer = this.#options.handler({
      id: 'memory',
      method: request.method,
      path,
      query,
      secure: false,
      address: undefined,
      header: (name) => headers.get(name),
      body,
      signal: request.signal,
      allowSilence: () => undefined,
      granted: () => undefined,
    });
    return answer ?? Promise.resolve({ status: 404, headers: [] });
  }
}

function bodyOf({ body }: ClientRequest): AsyncIterator<Uint8Array> {
  if (body !== undefined && !(body instanceof Uint8Array)) return body[Symbol.asyncIterator]();
  return (async function* () {
    if (body !== undefined) yield await Promise.resolve(body);
  })();
}

/** A chunk that the reader has is not looked at any more once the signal is aborted: it gets a copy. */
function interruptible(
  inner: AsyncIterator<Uint8Array>,
  signal: AbortSignal,
): AsyncIterableIterator<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const result = await orAborted(inner.next(), signal);
      return result.done === true ? result : { done: false, value: result.value.slice() };
    },
    async return() {
      await inner.return?.();
      return { done: true, value: undefined };
    },
  };
}

function responseOf(reply: HttpReply, signal: AbortSignal): ClientResponse {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < reply.headers.length; index += 2) {
    headers.set(reply.headers[index]!.toLowerCase(), reply.headers[index + 1]!);
  }
  const { body } = reply;
  const chunks: AsyncIterable<Uint8Array> =
    typeof body === 'object'
      ? interruptible(body.chunks[Symbol.asyncIterator](), signal)
      : (async function* () {
          if (body !== undefined) yield await Promise.resolve(new TextEncoder().encode(body));
        })();
  return { status: reply.status, statusText: 'Memory', header: (name) => headers.get(name), body: chunks };
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => undefined);
  signal.throwIfAborted();
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
