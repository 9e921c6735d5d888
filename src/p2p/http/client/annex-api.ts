/**
 * The API of one repository at a server: paths, common parameters, credentials and the protocol's version.
 *
 *     C: POST /git-annex/UUID/v4/checkpresent?key=KEY&clientuuid=UUID
 *     S: 404                                       no version 4 (or no such repository)
 *     C: POST /git-annex/UUID/v3/checkpresent?key=KEY&clientuuid=UUID
 *     S: 200 {"present":true}                      version 3 it is, for the next ten minutes
 *
 * A 404 is taken for a missing version only where a lower version then answers; where none does, it is an error, and
 * nothing is remembered.
 */

import type { Context } from '../../../remote/remote.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import { formatTraceparent } from '../../../types/trace-context.ts';
import type { UUID } from '../../../types/uuid.ts';
import type { ByteString } from '../../../util/byte-string.ts';
import type { Clock } from '../../../util/clock.ts';
import type { Version } from '../endpoint.ts';
import { formatParameter } from '../values.ts';
import { repositoryPath, type AnnexUrl } from './annex-url.ts';
import { readJSON, readText, statusError, type JSONObject, type TextAnswer } from './answer.ts';
import type { CredentialSource } from './credential-source.ts';
import type { ClientResponse, HttpTransport, RequestWork } from './http-transport.ts';
import { SignIn } from './sign-in.ts';

export interface AnnexApiOptions {
  readonly url: AnnexUrl;
  readonly uuid: UUID;
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly credentials?: CredentialSource | undefined;
  /** `git-annex/VERSION` or the like; none is sent where not given. */
  readonly userAgent?: string | undefined;
}

export interface Question {
  readonly endpoint: string;
  readonly method?: 'GET' | 'POST';
  /** Values are byte strings as they are meant; those undefined are left out. */
  readonly query?: Readonly<Record<string, ByteString | undefined>>;
  readonly headers?: readonly string[];
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly isTransfer?: boolean;
  readonly work?: RequestWork;
  /** The lowest version that has the endpoint; 0 where not given. */
  readonly minVersion?: Version;
}

/** 200, with the body still to be read, or what else the server said. */
export type Reply =
  | { readonly ok: true; readonly version: Version; readonly response: ClientResponse }
  | { readonly ok: false; readonly version: Version; readonly answer: TextAnswer };

export type Asking = Pick<Context, 'clientUUID' | 'bypass' | 'trace' | 'signal'>;

export class AnnexApi {
  readonly uuid: UUID;
  readonly clock: Clock;
  readonly #options: AnnexApiOptions;
  readonly #path: ByteString;
  readonly #signIn: SignIn;
  /** The highest version that is known to be there. */
  #version: Version | undefined;
  #versionUntilMs = 0;

  constructor(options: AnnexApiOptions) {
    this.#options = options;
    this.uuid = options.uuid;
    this.clock = options.clock;
    this.#path = repositoryPath(options.url, options.uuid);
    const { credentials: source, clock, url } = options;
    this.#signIn = new SignIn({ credentials: url.credentials, source, clock });
  }

  /** Names the repository in errors. */
  get who(): string {
    return `the repository ${this.uuid} at ${this.#options.url.host}`;
  }

  /**
   * Asks at the highest version that the server has.
   * @returns undefined where it has none that is high enough, or is no server of this repository at all
   */
  async ask(question: Question, asking: Asking): Promise<Reply | undefined> {
    const { minVersion = 0 } = question;
    for (let version = this.#startVersion(); version >= minVersion; version--) {
      const reply = await this.askVersion(version, question, asking);
      if (!isVersionProblem(reply)) {
        this.#remember(reply.version);
        return reply;
      }
      if (version === 0) {
        this.#version = undefined;
        throw statusError((reply as Reply & { ok: false }).answer, this.who);
      }
    }
    return undefined;
  }

  /** Asks at one version, or at the one that was best before. A 404 is an answer. */
  async askVersion(version: Version | 'known', question: Question, asking: Asking): Promise<Reply> {
    asking.signal.throwIfAborted();
    const used = version === 'known' ? this.#startVersion() : version;
    for (;;) {
      const authorization = this.#signIn.headers();
      const response = await this.#send(used, { question, asking, authorization });
      if (response.status === 200) {
        await this.#signIn.accepted(authorization);
        return { ok: true, version: used, response };
      }
      const answer = await readText(response);
      const again = response.status === 401 && (await this.#signIn.refused(authorization));
      // A stream is gone once it was sent; the next request then has the credentials.
      if (!again || isStream(question.body)) return { ok: false, version: used, answer };
    }
  }

  /** The JSON of a reply; throws for every other status than 200. */
  async json(reply: Reply): Promise<JSONObject> {
    if (!reply.ok) throw statusError(reply.answer, this.who);
    try {
      return await readJSON(reply.response);
    } catch (error) {
      if (!(error instanceof AnnexError) || error.code !== 'protocol') throw error;
      throw new AnnexError('protocol', `${this.who} does not speak git-annex's protocol: ${error.message}`);
    }
  }

  close(): void {
    this.#options.transport.close();
  }

  #send(
    version: Version,
    request: {
      readonly question: Question;
      readonly asking: Asking;
      readonly authorization: readonly string[];
    },
  ): Promise<ClientResponse> {
    const { question, asking, authorization } = request;
    const { userAgent, transport } = this.#options;
    return transport.request({
      method: question.method ?? 'POST',
      target: `${this.#path}/v${version}/${question.endpoint}?${formatQuery(question, asking)}`,
      headers: [
        ...(question.headers ?? ['Accept', 'application/json']),
        ...(userAgent === undefined ? [] : ['User-Agent', userAgent]),
        ...(asking.trace === undefined ? [] : ['traceparent', formatTraceparent(asking.trace)]),
        ...authorization,
      ],
      body: question.body,
      isTransfer: question.isTransfer ?? false,
      work: question.work,
      signal: asking.signal,
    });
  }

  #startVersion(): Version {
    if (this.#version === undefined || this.clock.now() >= this.#versionUntilMs) return newestVersion;
    return this.#version;
  }

  #remember(version: Version): void {
    // A server may be upgraded, and a 404 may have been an accident: not for ever.
    if (version !== this.#version) this.#versionUntilMs = this.clock.now() + rememberMs;
    this.#version = version;
    if (version === newestVersion) this.#versionUntilMs = Infinity;
  }
}

function isStream(body: Question['body']): boolean {
  return body !== undefined && !(body instanceof Uint8Array);
}

/** git-annex's own server says 400 to a version that it does not have. */
function isVersionProblem(reply: Reply): boolean {
  if (reply.ok) return false;
  const { status, text } = reply.answer;
  return status === 404 || (status === 400 && /\bbad version\b/.test(text));
}

/** In git-annex's order: key, clientuuid, bypass, and what is left. */
function formatQuery({ query = {} }: Question, { clientUUID, bypass }: Asking): ByteString {
  const { key, ...rest } = query;
  const pairs: string[] = key === undefined ? [] : [`key=${formatParameter(key)}`];
  pairs.push(`clientuuid=${formatParameter(clientUUID)}`);
  for (const uuid of bypass) pairs.push(`bypass=${formatParameter(uuid)}`);
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) pairs.push(`${name}=${formatParameter(value)}`);
  }
  return pairs.join('&');
}

const newestVersion: Version = 4;
const rememberMs = 600_000;
