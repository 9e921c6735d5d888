/**
 * The client's transport over node:http and node:https: one server, connections that are kept alive and bounded, and no
 * time limit on a request as a whole, only on connecting, on bytes that do not move, and on an answer that does not come.
 *
 * Content has connections of its own, so that questions are not kept waiting by long downloads.
 */

import { Agent as HttpAgent, request as httpRequest, type ClientRequest as NodeRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import type {
  ClientRequest,
  ClientResponse,
  HttpTransport,
} from '../../../p2p/http/client/http-transport.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import { systemClock } from '../../clock.ts';
import { Reachability } from './reachability.ts';
import { RequestRun, StaleConnection } from './request-run.ts';

export interface TransportLimits {
  /** For connecting, TLS among it. 10 s where not given. */
  readonly connectMs?: number | undefined;
  /** For content whose bytes do not move though somebody wants them. A minute where not given. */
  readonly stallMs?: number | undefined;
  /** From a request's last byte to the answer's head, during which a server may hash a file. Ten minutes where not given. */
  readonly answerMs?: number | undefined;
  /** How long nothing may happen until another connection shows whether the server is there. 10 s where not given. */
  readonly probeMs?: number | undefined;
  /** Connections for questions. 16 where not given. */
  readonly maxQuestions?: number | undefined;
  /** Connections for content. 256 where not given. */
  readonly maxTransfers?: number | undefined;
  /** How many connections of either kind are kept that nobody uses. 8 where not given. */
  readonly maxIdle?: number | undefined;
}

export interface TLSOptions {
  /** Certificates to trust instead of the usual ones, as PEM. */
  readonly ca?: string | undefined;
  /** False: any certificate will do. */
  readonly verify?: boolean | undefined;
}

export interface NodeTransportOptions {
  readonly secure: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls?: TLSOptions | undefined;
  readonly limits?: TransportLimits | undefined;
  /** Looks up names; refuses addresses that are not to be connected to. Of the system where not given. */
  readonly lookup?: LookupFunction | undefined;
}

export class NodeTransport implements HttpTransport {
  readonly #options: NodeTransportOptions;
  readonly #questions: HttpAgent;
  readonly #transfers: HttpAgent;
  readonly #reachability: Reachability;

  constructor(options: NodeTransportOptions) {
    this.#options = options;
    const { limits } = options;
    this.#questions = makeAgent(options, limits?.maxQuestions ?? defaultMaxQuestions);
    this.#transfers = makeAgent(options, limits?.maxTransfers ?? defaultMaxTransfers);
    const { host, port, lookup } = options;
    const connectMs = limits?.connectMs ?? defaultConnectMs;
    this.#reachability = new Reachability({ host, port, lookup, connectMs });
  }

  /** Connections that are in use at the moment. */
  get activeConnections(): number {
    return [this.#questions, this.#transfers]
      .flatMap(({ sockets }) => Object.values(sockets))
      .reduce((sum, sockets) => sum + (sockets?.length ?? 0), 0);
  }

  async request(request: ClientRequest): Promise<ClientResponse> {
    const sinceSeconds = systemClock.elapsedSeconds();
    for (let triesLeft = maxTries; ; triesLeft--) {
      request.signal.throwIfAborted();
      await this.#reachability.throwIfUnreachable();
      request.signal.throwIfAborted();
      try {
        return await this.#try(request);
      } catch (error) {
        this.#reachability.learn(error, sinceSeconds);
        // A connection that was kept alive may be closed by the server at the moment when it is used again.
        if (!(error instanceof StaleConnection) || triesLeft <= 1) throw error;
      }
    }
  }

  close(): void {
    this.#questions.destroy();
    this.#transfers.destroy();
  }

  #try(request: ClientRequest): Promise<ClientResponse> {
    const { secure, host, port, limits } = this.#options;
    const options: RequestOptions = {
      host,
      port,
      method: request.method,
      path: request.target,
      headers: headersOf(request),
      agent: request.isTransfer ? this.#transfers : this.#questions,
    };
    let node: NodeRequest;
    try {
      node = secure ? httpsRequest(options) : httpRequest(options);
    } catch (error) {
      // A path or header that Node refuses to send.
      throw new AnnexError('protocol', `a request cannot be sent: ${String(error)}`, { cause: error });
    }
    const run = new RequestRun(node, {
      request,
      secure,
      server: `${host}:${port}`,
      connectMs: limits?.connectMs ?? defaultConnectMs,
      stallMs: limits?.stallMs ?? defaultStallMs,
      answerMs: limits?.answerMs ?? defaultAnswerMs,
      probeMs: limits?.probeMs ?? defaultProbeMs,
      probe: () => this.#reachability.probe(),
    });
    return run.start();
  }
}

function makeAgent({ secure, tls, lookup, limits }: NodeTransportOptions, maxSockets: number): HttpAgent {
  const maxFreeSockets = limits?.maxIdle ?? defaultMaxIdle;
  const options = {
    // To an agent, none is as many as it likes.
    keepAlive: maxFreeSockets > 0,
    maxSockets,
    maxFreeSockets,
    // Of idle connections; less than servers wait before they close them.
    timeout: maxIdleMs,
    scheduling: 'lifo',
    ...(lookup === undefined ? {} : { lookup }),
  } as const;
  if (!secure) return new HttpAgent(options);
  return new HttpsAgent({
    ...options,
    rejectUnauthorized: tls?.verify !== false,
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
  });
}

function headersOf({ method, headers, body }: ClientRequest): Record<string, string> {
  const named: Record<string, string> = {};
  for (let index = 0; index + 1 < headers.length; index += 2) {
    named[headers[index] ?? ''] = headers[index + 1] ?? '';
  }
  if (body instanceof Uint8Array) named['Content-Length'] = `${body.length}`;
  else if (body !== undefined) named['Transfer-Encoding'] = 'chunked';
  else if (method === 'POST') named['Content-Length'] = '0';
  return named;
}

const defaultConnectMs = 10_000;
const defaultStallMs = 60_000;
const defaultAnswerMs = 600_000;
const defaultProbeMs = 10_000;
const defaultMaxQuestions = 16;
const defaultMaxTransfers = 256;
const defaultMaxIdle = 8;
const maxIdleMs = 10_000;
const maxTries = 3;
