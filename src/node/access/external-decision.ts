/**
 * A decision made elsewhere, as forges make it: each request is described to an HTTP service (ask-external.ts), whose
 * answer is kept for some seconds. The same question asked at once is one call. No clear answer is 503, never a yes.
 */

import { createHash } from 'node:crypto';
import type { Action } from '../../p2p/http/access.ts';
import { forbidden, authenticationNeeded } from '../../p2p/http/access.ts';
import { textReply, type RequestHead } from '../../p2p/http/message.ts';
import type { Identifier, Identity, Question } from '../../p2p/http/permission/identity.ts';
import { leastRole, type Permission } from '../../p2p/http/permission/role.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { EventSink } from '../../types/event.ts';
import { BoundedMap } from '../../util/bounded-map.ts';
import type { Clock } from '../../util/clock.ts';
import { ExternalCall, type Described, type ExternalAnswer } from './ask-external.ts';

export interface ExternalDecisionOptions {
  /** http or https. */
  readonly url: string;
  readonly clock: Clock;
  readonly events: EventSink;
  /**
   * `permission`: a yes is the permission, by its role, or for this action alone where it names none. `user`: it says only
   * who it is, and rules say the rest; without a name it is anybody.
   */
  readonly decides?: 'permission' | 'user' | undefined;
  /** A role of `read` lets lock content. */
  readonly readersLock?: boolean | undefined;
  /** How long answers are kept; 10 s where not given, 0: not at all. */
  readonly keepMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  /**
   * Whether the request's method and URI are told. Without them an answer about a repository and an action counts for all
   * its keys, so that getting a thousand files is one call.
   */
  readonly forwardURI?: boolean | undefined;
}

export class ExternalDecision implements Identifier {
  readonly #options: ExternalDecisionOptions;
  readonly #call: ExternalCall;
  readonly #kept: BoundedMap<string, ExternalAnswer>;
  readonly #running = new Map<string, Promise<ExternalAnswer>>();

  /** Throws `config` for what is no URL of http or https. */
  constructor(options: ExternalDecisionOptions) {
    const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol))
      throw new AnnexError('config', `"${options.url}" is no URL of http or https`);
    this.#options = options;
    this.#call = new ExternalCall(url, options.timeoutMs ?? defaultTimeoutMs);
    this.#kept = new BoundedMap({ clock: options.clock, maxEntries: maxKept });
  }

  async identify(question: Question): Promise<Identity | undefined> {
    let answer: ExternalAnswer;
    try {
      answer = await this.#answerTo(question);
    } catch (error) {
      this.#options.events({ type: 'request-failed', requestId: question.asker.request.id, error });
      const reply = textReply(503, 'it cannot be decided now whether this is allowed');
      return { type: 'reply', reply: { ...reply, headers: [...reply.headers, 'Retry-After', '5'] } };
    }
    const { decides = 'permission' } = this.#options;
    if (answer.type === 'no') return { type: 'reply', reply: forbidden };
    if (answer.type === 'credentials')
      return decides === 'user' ? undefined : { type: 'reply', reply: authenticationNeeded };
    const { user } = answer;
    if (decides === 'user') return user === undefined ? { type: 'anonymous' } : { type: 'user', user };
    return { type: 'user', user, permission: this.#permission(answer.role, question.action) };
  }

  close(): void {
    this.#call.close();
  }

  #permission(role: Permission['role'] | undefined, action: Action): Permission {
    if (role !== undefined) return { role, locking: this.#options.readersLock === true };
    // Yes to what was asked, and to no more.
    return action === 'lock' ? { role: 'read', locking: true } : { role: leastRole[action], locking: false };
  }

  async #answerTo(question: Question): Promise<ExternalAnswer> {
    const described = describe(question, this.#options.forwardURI ?? true);
    const name = createHash('sha256').update(JSON.stringify(described)).digest('base64');
    const kept = this.#kept.get(name);
    if (kept !== undefined) return kept;
    const shared = this.#running.get(name);
    if (shared !== undefined) return await shared;
    if (this.#running.size >= maxRunning)
      throw new AnnexError('busy', 'too many external decisions are being waited for');
    const running = this.#call.ask(described);
    this.#running.set(name, running);
    try {
      const answer = await running;
      const { keepMs = defaultKeepMs } = this.#options;
      if (keepMs > 0) this.#kept.set(name, answer, keepMs);
      return answer;
    } finally {
      this.#running.delete(name);
    }
  }
}

function describe({ asker, action, repository }: Question, forwardURI: boolean): Described {
  const { request } = asker;
  const target = request.query === '' ? request.path : `${request.path}?${request.query}`;
  return [
    ...(forwardURI ? ['X-Original-Method', request.method, 'X-Original-URI', target] : []),
    ...present('X-Forwarded-For', request.address),
    'X-Forwarded-Proto',
    request.secure ? 'https' : 'http',
    ...present('X-Forwarded-Host', request.header('host')),
    ...present('X-Annexus-Repository', repository && encodeURI(repository)),
    'X-Annexus-Action',
    action,
    ...forwarded(request, 'Authorization'),
    ...forwarded(request, 'Cookie'),
  ];
}

function forwarded(request: RequestHead, name: string): readonly string[] {
  return present(name, request.header(name.toLowerCase()));
}

function present(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [name, value];
}

const defaultKeepMs = 10_000;
const defaultTimeoutMs = 5000;
const maxKept = 10_000;
const maxRunning = 200;
