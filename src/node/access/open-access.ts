/**
 * Who may do what on a server, put together: what identifies people, the rules, the limits and the audit log, from plain
 * values. A server asks for a policy of each of its repositories and puts `limited` before its handlers:
 *
 *     const access = await openAccess({ htpasswd: { path }, rules, groups, … });
 *     annexHttp({ resolve, locks, takesTokens: true, changed: access.changed })     resolve gives access.policy(NAME)
 *     gitSide({ find, …, takesTokens: true, changed: access.changed })                find gives access.policy(NAME)
 *     listen({ handlers: [{ raw: access.limitedRaw(git) }, access.limited(annex)], admitConnection: access.connect })
 */

import type { AccessPolicy, Asker, Verdict } from '../../p2p/http/access.ts';
import { Limits } from '../../p2p/http/limits/limits.ts';
import type { LimitAmounts } from '../../p2p/http/limits/subjects.ts';
import type { HttpHandler, RequestHead } from '../../p2p/http/message.ts';
import { compileRules, type RuleText } from '../../p2p/http/permission/compile-rules.ts';
import type { Identifier } from '../../p2p/http/permission/identity.ts';
import { RolesPolicy } from '../../p2p/http/permission/roles-policy.ts';
import { readRepositoryPath } from '../../p2p/http/repository-path.ts';
import type { ChangeSink } from '../../types/change.ts';
import type { EventSink } from '../../types/event.ts';
import type { Clock } from '../../util/clock.ts';
import type { RawHandler } from '../http/listen.ts';
import { AuditLog } from './audit-log.ts';
import { ExternalDecision, type ExternalDecisionOptions } from './external-decision.ts';
import { HtpasswdUsers, type HtpasswdOptions } from './htpasswd-users.ts';
import { limitedRaw } from './limited-raw.ts';
import { TokenUsers } from './token-users.ts';

export interface AccessSettings {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly htpasswd?: Omit<HtpasswdOptions, 'clock' | 'events'> | undefined;
  /** The file of tokens. */
  readonly tokens?: string | undefined;
  readonly external?: Omit<ExternalDecisionOptions, 'clock' | 'events'> | undefined;
  readonly rules: readonly RuleText[];
  readonly groups?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly perAddress?: LimitAmounts | undefined;
  readonly perUser?: LimitAmounts | undefined;
  /** To be generous with: a git-annex that meets it on its first look at a remote ignores the remote for good. */
  readonly connectionsPerAddress?: number | undefined;
  /** The file of the audit log. */
  readonly auditLog?: string | undefined;
}

export interface Access extends AsyncDisposable {
  /** @param repository its name; undefined: the server itself (status, metrics) */
  policy(repository: string | undefined): AccessPolicy;
  /** Whether the asker is an admin there; a Grant, or the reply that says no. */
  authorizeAdmin(repository: string | undefined, asker: Asker): Promise<Verdict>;
  limited(handler: HttpHandler): HttpHandler;
  limitedRaw(handler: RawHandler): RawHandler;
  /** For `ListenOptions.admitConnection`. */
  connect(address: string | undefined): (() => void) | undefined;
  readonly changed: ChangeSink | undefined;
  /** Opens the audit log anew. */
  reopen(): void;
  /** Ends what runs, and writes what the audit log still has to say. */
  close(): Promise<void>;
}

/** Rejects with a `config` error where a file or rule is not taken; nothing is left open then. */
export async function openAccess(settings: AccessSettings): Promise<Access> {
  const { clock, perAddress, perUser, connectionsPerAddress } = settings;
  const rules = compileRules(settings.rules, settings.groups);
  const limits = new Limits({ clock, perAddress, perUser, connectionsPerAddress, isFree: isConfig });
  const opened = new Opened();
  try {
    await opened.open(settings);
  } catch (error) {
    await opened.close();
    throw error;
  }
  const { identifiers, audit } = opened;
  const rolesOf = (repository: string | undefined): RolesPolicy =>
    new RolesPolicy({ repository, rules: () => rules, identifiers });
  return {
    policy: (repository) => limits.policy(rolesOf(repository)),
    authorizeAdmin: async (repository, asker) => await rolesOf(repository).authorizeAdmin(asker),
    limited: (handler) => limits.handler(handler),
    limitedRaw: (handler) => limitedRaw(handler, limits),
    connect: (address) => limits.connect(address),
    changed: audit?.write,
    reopen: () => audit?.reopen(),
    close: async () => await opened.close(),
    [Symbol.asyncDispose]: async () => await opened.close(),
  };
}

/**
 * The `config` answer of the git side. git-annex asks for it once, and whatever keeps it from the answer (429 and 503 as
 * well) makes it set `annex-ignore`, and never ask again. Files and programs of git may be called so, too.
 */
function isConfig({ path }: RequestHead): boolean {
  const place = readRepositoryPath(path);
  return place?.side === 'git' && /^\/+config$/.test(place.rest);
}

/** What has to be closed. */
class Opened {
  readonly identifiers: Identifier[] = [];
  audit: AuditLog | undefined;
  readonly #closers: (() => void | Promise<void>)[] = [];

  /** Those that cost least are asked first. */
  async open(settings: AccessSettings): Promise<void> {
    const { clock, events, tokens, htpasswd, external, auditLog } = settings;
    const common = { clock, events };
    if (tokens !== undefined) this.identifiers.push(await TokenUsers.open({ path: tokens, ...common }));
    if (htpasswd !== undefined) {
      const users = await HtpasswdUsers.open({ ...htpasswd, ...common });
      this.identifiers.push(users);
      this.#closers.push(async () => await users.close());
    }
    if (external !== undefined) {
      const decision = new ExternalDecision({ ...external, ...common });
      this.identifiers.push(decision);
      this.#closers.push(() => decision.close());
    }
    if (auditLog !== undefined) {
      const audit = await AuditLog.open({ path: auditLog, ...common });
      this.audit = audit;
      this.#closers.push(async () => await audit.close());
    }
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }
}
