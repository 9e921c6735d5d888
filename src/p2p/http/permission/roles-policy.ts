/**
 * The access policy of one repository of `annexus serve`: identifiers say who asks, rules what they may do.
 *
 * 401 where nobody is known to ask: credentials would help, or better ones than those that came (git's and git-annex's
 * clients forget rejected ones and ask their user again). 403 to those who are known, and to all where no credentials are
 * taken. Bad credentials do not take away what anyone may do, as with git-annex.
 */

import {
  authenticationNeeded,
  forbidden,
  type AccessPolicy,
  type Action,
  type Asker,
  type Grant,
  type Verdict,
} from '../access.ts';
import { textToByteString, type ByteString } from '../../../util/byte-string.ts';
import { firstToKnow, hasCredentials, type Identifier, type Identity, type Question } from './identity.ts';
import { atMost, modeOf, permits, type Permission } from './role.ts';
import { opensFiles, permissionOf, type RulePlace, type RuleSet } from './rules.ts';

export interface RolesPolicyOptions {
  /** Its name in the configuration; undefined: the server itself (status, metrics). */
  readonly repository: string | undefined;
  /** Asked for each request, so that rules can be replaced while the server runs. */
  readonly rules: () => RuleSet;
  /** None: credentials are of no use. */
  readonly identifiers: readonly Identifier[];
}

export class RolesPolicy implements AccessPolicy {
  readonly #options: RolesPolicyOptions;
  /** What globs are asked about. */
  readonly #name: ByteString | undefined;
  readonly #identify: (question: Question) => Promise<Identity>;

  constructor(options: RolesPolicyOptions) {
    this.#options = options;
    this.#name = options.repository === undefined ? undefined : textToByteString(options.repository);
    this.#identify = firstToKnow(options.identifiers);
  }

  async authorize(asker: Asker, action: Action, file?: ByteString): Promise<Verdict> {
    return await this.#decide({ asker, action, file }, (permission) => permits(permission, action));
  }

  get opensFiles(): boolean {
    return opensFiles(this.#options.rules(), this.#name);
  }

  /** Whether the asker is an admin here. */
  async authorizeAdmin(asker: Asker): Promise<Verdict> {
    return await this.#decide({ asker, action: 'read' }, ({ role }) => role === 'admin');
  }

  async #decide(
    asked: { readonly asker: Asker; readonly action: Action; readonly file?: ByteString | undefined },
    isEnough: (permission: Permission) => boolean,
  ): Promise<Verdict> {
    const { asker, action, file } = asked;
    const { repository, rules, identifiers } = this.#options;
    const identity = await this.#identify({ asker, action, repository });
    if (identity.type === 'reply') return identity.reply;
    const place = { repository: this.#name, file };
    const grant = grantTo(identity, rules(), place, isEnough);
    if (grant !== undefined) return grant;
    if (identity.type === 'undecided') return identity.reply;
    const isKnown = identity.type === 'user' && (identity.user !== undefined || hasCredentials(asker));
    return isKnown || identifiers.length === 0 ? forbidden : authenticationNeeded;
  }
}

function grantTo(
  identity: Exclude<Identity, { readonly type: 'reply' }>,
  rules: RuleSet,
  place: RulePlace,
  isEnough: (permission: Permission) => boolean,
): Grant | undefined {
  const user = identity.type === 'user' ? identity.user : undefined;
  const permission = identity.type === 'user' ? userPermission(identity, rules, place) : undefined;
  if (permission !== undefined && isEnough(permission)) {
    const mode = modeOf[permission.role];
    return user === undefined ? { user, mode, isForRequestAlone: true } : { user, mode };
  }
  const anyone = permissionOf(rules, undefined, place);
  return anyone !== undefined && isEnough(anyone) ? { user, mode: modeOf[anyone.role] } : undefined;
}

function userPermission(
  identity: Identity & { readonly type: 'user' },
  rules: RuleSet,
  place: RulePlace,
): Permission | undefined {
  const { limit } = identity;
  const permission = identity.permission ?? permissionOf(rules, identity.user, place);
  if (permission === undefined || limit === undefined) return permission;
  const { repository } = place;
  const { repositories } = limit;
  const isThere =
    repositories === undefined || (repository !== undefined && repositories.some((glob) => glob(repository)));
  return isThere ? atMost(permission, limit.role) : undefined;
}
