/**
 * Limits on what one address and one user may ask of a server: requests in a time, requests at once, bytes a second. Over
 * a limit is 429 with Retry-After, before anything else is done; bytes over a limit are only late.
 *
 * The address is counted by `handler`, which stands before all that answers; the user by `policy`, which stands before the
 * access policies and finds the request's admission by the request that it is asked about.
 */

import type { TraceContext } from '../../../types/trace-context.ts';
import type { UUID } from '../../../types/uuid.ts';
import type { ByteString } from '../../../util/byte-string.ts';
import type { Clock } from '../../../util/clock.ts';
import { isGranted, type AccessPolicy } from '../access.ts';
import {
  textReply,
  type HttpHandler,
  type HttpReply,
  type HttpRequest,
  type RequestHead,
} from '../message.ts';
import { subjectAddress } from '../permission/subject-address.ts';
import { Admission } from './admission.ts';
import { PacedChunks } from './paced-chunks.ts';
import { Subjects, type LimitAmounts } from './subjects.ts';

export interface LimitsOptions {
  readonly clock: Clock;
  readonly perAddress?: LimitAmounts | undefined;
  readonly perUser?: LimitAmounts | undefined;
  /** Requests that are never refused, and not counted. */
  readonly isFree?: ((request: RequestHead) => boolean) | undefined;
  /** Connections of one address at the same time. */
  readonly connectionsPerAddress?: number | undefined;
}

export class Limits {
  readonly #clock: Clock;
  readonly #addresses: Subjects;
  readonly #users: Subjects;
  readonly #isFree: (request: RequestHead) => boolean;
  readonly #maxConnections: number;
  /** False where requests have no limits at all: they pass as they are. */
  readonly counts: boolean;
  /** By address, of those who have any. */
  readonly #connections = new Map<string, number>();
  readonly #admissions = new WeakMap<RequestHead, Admission>();

  constructor(options: LimitsOptions) {
    const { clock, perAddress = {}, perUser = {} } = options;
    this.#clock = clock;
    this.#isFree = options.isFree ?? (() => false);
    this.#maxConnections = options.connectionsPerAddress ?? Number.POSITIVE_INFINITY;
    this.counts = [perAddress, perUser].some((amounts) =>
      Object.values(amounts).some((each) => each !== undefined),
    );
    this.#addresses = new Subjects(perAddress, clock);
    this.#users = new Subjects(perUser, clock);
  }

  /** Lets a connection in. @returns what to call when it has ended; undefined: it is one too many */
  connect(givenAddress: string | undefined): (() => void) | undefined {
    const address = subjectAddress(givenAddress);
    if (address === undefined) return () => undefined;
    const count = this.#connections.get(address) ?? 0;
    if (count >= this.#maxConnections) return undefined;
    this.#connections.set(address, count + 1);
    return () => {
      const left = (this.#connections.get(address) ?? 1) - 1;
      if (left === 0) this.#connections.delete(address);
      else this.#connections.set(address, left);
    };
  }

  /**
   * Lets a request in, or says why not. Clients without an address (of unix sockets) are not told apart, and not counted.
   * Whoever is let in has to be ended.
   */
  admit(request: RequestHead): Admission | HttpReply {
    const admission = new Admission(this.#clock);
    if (this.#isFree(request)) return admission;
    const address = subjectAddress(request.address);
    const waitSeconds = address === undefined ? 0 : admission.enter(this.#addresses, address);
    return waitSeconds === 0 ? admission : tooMany(waitSeconds);
  }

  /** From now on `policy` finds the admission by this request. */
  follow(request: RequestHead, admission: Admission): void {
    this.#admissions.set(request, admission);
  }

  handler(handler: HttpHandler): HttpHandler {
    if (!this.counts) return handler;
    return (request) => {
      const admission = this.admit(request);
      if (!(admission instanceof Admission)) return Promise.resolve(admission);
      const limited = new LimitedRequest(request, admission);
      this.follow(limited, admission);
      let reply: Promise<HttpReply> | undefined;
      try {
        reply = handler(limited);
      } catch (error) {
        admission.end();
        throw error;
      }
      if (reply === undefined) admission.undo();
      return reply && finish(reply, limited, admission);
    };
  }

  policy(policy: AccessPolicy): AccessPolicy {
    if (!this.counts) return policy;
    return {
      get opensFiles() {
        return policy.opensFiles;
      },
      authorize: async (asker, action, file) => {
        const verdict = await policy.authorize(asker, action, file);
        if (!isGranted(verdict) || verdict.user === undefined) return verdict;
        // A request that `handler` never saw is one that is over at once.
        const known = this.#admissions.get(asker.request);
        const admission = known ?? new Admission(this.#clock);
        const waitSeconds = admission.enter(this.#users, verdict.user);
        if (known === undefined) admission.end();
        return waitSeconds === 0 ? verdict : tooMany(waitSeconds);
      },
    };
  }
}

/** The request lasts until its reply has gone. */
async function finish(
  reply: Promise<HttpReply>,
  request: HttpRequest,
  admission: Admission,
): Promise<HttpReply> {
  let given: HttpReply;
  try {
    given = await reply;
  } catch (error) {
    admission.end();
    throw error;
  }
  const { body } = given;
  if (typeof body !== 'object') {
    admission.end();
    return given;
  }
  const chunks = new PacedChunks(body.chunks, {
    pace: admission.download,
    signal: () => request.signal,
    ended: () => admission.end(),
  });
  return { ...given, body: { lengthBytes: body.lengthBytes, chunks } };
}

/** The same request, whose body comes at the pace of its limits. */
class LimitedRequest implements HttpRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly secure: boolean;
  readonly address: string | undefined;
  readonly trace: TraceContext | undefined;
  readonly #request: HttpRequest;
  readonly #admission: Admission;
  #body: PacedChunks | undefined;

  constructor(request: HttpRequest, admission: Admission) {
    this.id = request.id;
    this.method = request.method;
    this.path = request.path;
    this.query = request.query;
    this.secure = request.secure;
    this.address = request.address;
    this.trace = request.trace;
    this.#request = request;
    this.#admission = admission;
  }

  header(name: string): string | undefined {
    return this.#request.header(name);
  }

  granted(user: ByteString | undefined, repository: UUID): void {
    this.#request.granted(user, repository);
  }

  get body(): PacedChunks {
    this.#body ??= new PacedChunks(this.#request.body, {
      pace: this.#admission.upload,
      signal: () => this.#request.signal,
    });
    return this.#body;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  allowSilence(): void {
    this.#request.allowSilence();
  }
}

function tooMany(seconds: number): HttpReply {
  const reply = textReply(429, 'too many requests');
  return { ...reply, headers: [...reply.headers, 'Retry-After', `${Math.ceil(seconds)}`] };
}
