/**
 * One request on its way: the body goes out as the connection takes it, the answer may come before the body's end, and a
 * signal, a timeout or a broken connection ends all of it at once.
 */

import type { ClientRequest as NodeRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientRequest, ClientResponse } from '../../../p2p/http/client/http-transport.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import { workMs } from '../../../types/time-limits.ts';
import { noConnection, type Unreachable } from './reachability.ts';
import { ResponseBody } from './response-body.ts';

/** The server closed a connection that was kept alive before it read the request: it is safe to send it again. */
export class StaleConnection extends AnnexError {}

export interface RequestRunOptions {
  readonly request: ClientRequest;
  readonly secure: boolean;
  /** Names the server in errors. */
  readonly server: string;
  readonly connectMs: number;
  readonly stallMs: number;
  readonly answerMs: number;
  /** How long nothing may happen until `probe` is asked, and again after its answer. */
  readonly probeMs: number;
  /** Whether the server is there still. */
  readonly probe: () => Promise<Unreachable | undefined>;
}

export class RequestRun {
  readonly #node: NodeRequest;
  readonly #options: RequestRunOptions;
  #timer: NodeJS.Timeout | undefined;
  /** The body was handed over, or is not wanted any more. */
  #isSent = false;
  #response: ResponseBody | undefined;
  #failure: Error | undefined;
  #onAbort: () => void = () => undefined;

  constructor(node: NodeRequest, options: RequestRunOptions) {
    this.#node = node;
    this.#options = options;
  }

  async start(): Promise<ClientResponse> {
    const { signal } = this.#options.request;
    this.#onAbort = () => this.#fail(signal.reason as Error);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#node.on('socket', (socket: Socket) => this.#connecting(socket));
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      this.#node.on('error', (error) => {
        this.#failed(error);
        reject(this.#failure ?? error);
      });
      // Without an error where the request was destroyed by us.
      this.#node.on('close', () => {
        this.#sendNoMore();
        reject(this.#failure ?? this.#broken('it ended without an answer'));
      });
      this.#node.on('response', resolve);
      this.#sendBody();
    }).catch((error: unknown) => {
      this.#end();
      throw error;
    });
    return this.#answered(message);
  }

  /** A connection from the pool is there at once. */
  #connecting(socket: Socket): void {
    if (!socket.connecting) return;
    const { connectMs, secure, server } = this.#options;
    const timer = setTimeout(() => this.#fail(noConnection(server, connectMs)), connectMs);
    timer.unref();
    const done = (): void => clearTimeout(timer);
    socket.once(secure ? 'secureConnect' : 'connect', done);
    socket.once('close', done);
  }

  #sendBody(): void {
    const { body } = this.#options.request;
    if (body === undefined || body instanceof Uint8Array) {
      this.#node.end(body);
      this.#isSent = true;
      this.#waitForAnswer();
      return;
    }
    const iterator = body[Symbol.asyncIterator]();
    this.#pump(iterator).then(
      () => this.#waitForAnswer(),
      (error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))),
    );
    this.#sendNoMore = () => {
      this.#sendNoMore = () => undefined;
      this.#isSent = true;
      void iterator.return?.();
    };
  }

  #sendNoMore: () => void = () => undefined;

  async #pump(iterator: AsyncIterator<Uint8Array>): Promise<void> {
    const { stallMs: usualMs, request } = this.#options;
    const stallMs = usualMs + workMs(request.work?.beforeBytes ?? 0);
    for (;;) {
      const result = await iterator.next();
      if (this.#isSent) return;
      if (result.done === true) break;
      for (let start = 0; start < result.value.length && !this.#isSent; start += pieceBytes) {
        this.#arm(stallMs, 'it takes no more bytes');
        await this.#write(result.value.subarray(start, start + pieceBytes));
        this.#disarm();
      }
    }
    if (this.#failure !== undefined) return;
    this.#isSent = true;
    this.#sendNoMore = () => undefined;
    this.#node.end();
  }

  /** Resolves when the machine has the bytes, or the connection failed, which ends the request by itself. */
  #write(piece: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#node.write(piece, (error) => {
        if (error) this.#failed(error);
        resolve();
      });
    });
  }

  #waitForAnswer(): void {
    if (this.#response === undefined && this.#failure === undefined) {
      const { answerMs, request } = this.#options;
      this.#arm(answerMs + workMs(request.work?.afterBytes ?? 0), 'it does not answer');
    }
  }

  #answered(message: IncomingMessage): ClientResponse {
    this.#disarm();
    const isEarly = !this.#isSent;
    this.#sendNoMore();
    const { stallMs } = this.#options;
    this.#response = new ResponseBody(message, {
      broken: (why) => this.#failure ?? this.#broken(why),
      waiting: (isWaiting) => {
        if (isWaiting) this.#arm(stallMs, 'no more bytes come');
        else this.#disarm();
      },
      ended: (isWhole) => {
        // What is left of the body was not sent, so the connection is of no use for another request.
        if (!isWhole || isEarly) this.#node.destroy();
        this.#end();
      },
    });
    return {
      status: message.statusCode ?? 0,
      statusText: message.statusMessage ?? '',
      header(name) {
        const value = message.headers[name];
        return typeof value === 'string' ? value : value?.join(', ');
      },
      body: this.#response,
    };
  }

  /** The connection failed by itself. */
  #failed(error: Error): void {
    if (this.#failure !== undefined || this.#response !== undefined) return;
    const { body } = this.#options.request;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const canRepeat = body === undefined || body instanceof Uint8Array;
    if (this.#node.reusedSocket && canRepeat && (code === 'ECONNRESET' || code === 'EPIPE')) {
      this.#failure = new StaleConnection('peer', `${this.#options.server} closed the connection`);
    } else {
      this.#failure = error instanceof AnnexError ? error : this.#broken(error.message || code, error);
    }
    this.#sendNoMore();
  }

  /** Ends the connection; its chunks are not looked at any more when this returns. */
  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#node.destroy();
    this.#response?.fail(error);
    this.#sendNoMore();
    this.#end();
  }

  #end(): void {
    this.#disarm();
    this.#options.request.signal.removeEventListener('abort', this.#onAbort);
  }

  #arm(delayMs: number, why: string): void {
    this.#disarm();
    const { probeMs, probe } = this.#options;
    const untilMs = performance.now() + delayMs;
    const wait = (): void => {
      const leftMs = untilMs - performance.now();
      const timer = setTimeout(
        () => {
          if (leftMs <= probeMs)
            return this.#fail(this.#broken(`${why} for ${Number((delayMs / 1000).toFixed(1))} seconds`));
          void probe().then((gone) => {
            if (this.#timer !== timer) return;
            if (gone === undefined) wait();
            else this.#fail(gone);
          });
        },
        Math.min(leftMs, probeMs),
      );
      timer.unref();
      this.#timer = timer;
    };
    wait();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #broken(why: string, cause?: Error): AnnexError {
    const options = cause === undefined ? {} : { cause };
    return new AnnexError('peer', `the connection to ${this.#options.server} failed: ${why}`, options);
  }
}

// Slow connections take small pieces in time.
const pieceBytes = 65_536;
