/**
 * The HTTP call of an external decision: the request is described in headers, as nginx's auth_request and its kin do, and
 * the answer is a status and two headers. Whatever is not a clear answer is none.
 *
 *     GET /annexus-auth                          X-Original-Method, X-Original-URI: of the request, as it came
 *     X-Forwarded-For: 192.0.2.7                 X-Forwarded-Proto, X-Forwarded-Host
 *     X-Annexus-Repository: lab/mice             percent-encoded
 *     X-Annexus-Action: read                     read, write, remove, lock or push
 *     Authorization, Cookie                      as the client sent them
 *
 *     200                                        401: ask for credentials; 403: no
 *     X-Annexus-User: ann                        in UTF-8
 *     X-Annexus-Role: write                      read, append, write or admin
 */

import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as TLSAgent, request as httpsRequest } from 'node:https';
import { parseRole, type Role } from '../../p2p/http/permission/role.ts';
import { isReservedName } from '../../p2p/http/permission/rules.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { byteStringToUTF8 } from '../../util/byte-string.ts';

export type ExternalAnswer =
  | { readonly type: 'yes'; readonly user: string | undefined; readonly role: Role | undefined }
  | { readonly type: 'credentials' }
  | { readonly type: 'no' };

/** Header names and values by turns. */
export type Described = readonly string[];

export class ExternalCall {
  readonly #url: URL;
  readonly #timeoutMs: number;
  readonly #agent: Agent;

  constructor(url: URL, timeoutMs: number) {
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    const options = { keepAlive: true, maxSockets, maxFreeSockets: 4 };
    this.#agent = url.protocol === 'https:' ? new TLSAgent(options) : new Agent(options);
  }

  /** Rejects with an AnnexError where there is no clear answer within the time. */
  async ask(described: Described): Promise<ExternalAnswer> {
    const message = await this.#send(described);
    // Only the head matters; a short body leaves the connection free for the next call.
    message.on('data', () => undefined).on('error', () => undefined);
    if (Number(message.headers['content-length'] ?? 0) > maxBodyBytes) message.destroy();
    return readAnswer(message);
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(described: Described): Promise<IncomingMessage> {
    const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(this.#url, { agent: this.#agent, maxHeaderSize: maxHeaderBytes });
      for (let at = 0; at + 1 < described.length; at += 2)
        request.setHeader(described[at] as string, described[at + 1] as string);
      // Over all of it, the body that is read to its end included.
      const limit = setTimeout(
        () => request.destroy(new Error(`no answer within ${this.#timeoutMs / 1000} s`)),
        this.#timeoutMs,
      );
      request.once('close', () => clearTimeout(limit));
      request.once('response', resolve);
      request.on('error', (error) => {
        reject(
          new AnnexError('peer', `external decision of ${this.#url.origin}: ${error.message}`, {
            cause: error,
          }),
        );
      });
      request.end();
    });
  }
}

function readAnswer({ statusCode = 0, headers }: IncomingMessage): ExternalAnswer {
  if (statusCode === 401) return { type: 'credentials' };
  if (statusCode === 403) return { type: 'no' };
  if (statusCode < 200 || statusCode > 299) throw unclear(`status ${statusCode}`);
  const rawUser = single(headers['x-annexus-user']);
  const rawRole = single(headers['x-annexus-role']);
  const user = rawUser === undefined ? undefined : byteStringToUTF8(rawUser);
  const role = rawRole === undefined ? undefined : parseRole(rawRole);
  if (rawUser !== undefined && (user === undefined || isReservedName(user)))
    throw unclear('no user of that name can be');
  if (rawRole !== undefined && role === undefined) throw unclear('an unknown role');
  return { type: 'yes', user, role };
}

/** Empty is the same as absent. */
function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function unclear(what: string): AnnexError {
  return new AnnexError('peer', `external decision: ${what}`);
}

const maxSockets = 16;
const maxBodyBytes = 64 * 1024;
const maxHeaderBytes = 16 * 1024;
