/**
 * Rules say who has which role where. All rules that match count, and the most generous one decides; what no rule gives
 * nobody may do. The order of rules means nothing.
 *
 * - `anonymous` is everyone, also those who came with credentials; `authenticated` everyone who is known.
 * - Globs are git-annex's: `*` is any text, slashes too, so that `lab/*` is `lab/mice` and `lab/mice/raw`.
 * - A rule with `paths` lets read these files by their names (`/NAME/files/BRANCH/path`) and gives nothing else: keys and
 *   the git side have no file names that a server could believe. It is the file that counts, and not a link that leads to it.
 * - Who may append may lock. A rule of `read` lets lock where it says so, or where it is for `anonymous` and does not
 *   deny it, as git-annex's `--unauth-readonly` does.
 */

import type { Glob } from '../../../preferred-content/glob.ts';
import type { ByteString } from '../../../util/byte-string.ts';
import { more, type Permission, type Role } from './role.ts';

export interface Rule {
  readonly role: Role;
  /** Names, and the words `anonymous` and `authenticated`. */
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** Which repositories, by name; undefined: all, and the server itself. */
  readonly repositories?: readonly Glob[] | undefined;
  readonly paths?: readonly Glob[] | undefined;
  readonly locking?: boolean | undefined;
}

/** Members by the group's name. */
export type Groups = ReadonlyMap<string, readonly string[]>;

export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly groups: Groups;
}

export interface RulePlace {
  /** The repository's name as the configuration has it; undefined: the server itself. */
  readonly repository: ByteString | undefined;
  /** Where a file is asked for by its name: its path in the branch, links followed. */
  readonly file?: ByteString | undefined;
}

/** @param user undefined: nobody that is known @returns undefined where no rule gives anything */
export function permissionOf(
  { rules, groups }: RuleSet,
  user: string | undefined,
  place: RulePlace,
): Permission | undefined {
  let permission: Permission | undefined;
  for (const rule of rules) {
    if (!isPlace(rule, place) || !isMeant(rule, groups, user)) continue;
    permission = more(permission, ruleGives(rule));
  }
  return permission;
}

function ruleGives({ role, users, paths, locking }: Rule): Permission {
  if (paths !== undefined) return { role: 'read', locking: false };
  return { role, locking: role === 'read' && (locking ?? users.includes('anonymous')) };
}

/** Whether a rule is for single files of the repository. */
export function opensFiles({ rules }: RuleSet, repository: ByteString | undefined): boolean {
  return rules.some((rule) => rule.paths !== undefined && isRepository(rule, repository));
}

function isRepository({ repositories }: Rule, repository: ByteString | undefined): boolean {
  if (repositories === undefined) return true;
  return repository !== undefined && matchesAny(repositories, repository);
}

function isPlace(rule: Rule, { repository, file }: RulePlace): boolean {
  if (!isRepository(rule, repository)) return false;
  const { paths } = rule;
  return paths === undefined || (file !== undefined && matchesAny(paths, file));
}

function isMeant(rule: Rule, groups: Groups, user: string | undefined): boolean {
  if (rule.users.includes('anonymous')) return true;
  if (user === undefined) return false;
  return (
    rule.users.includes('authenticated') ||
    (rule.users.includes(user) && !isReservedName(user)) ||
    rule.groups.some((group) => groups.get(group)?.includes(user) === true)
  );
}

function matchesAny(globs: readonly Glob[], text: ByteString): boolean {
  return globs.some((glob) => glob(text));
}

/** Words of rules, which no user can be called. */
export function isReservedName(user: string): boolean {
  return user === 'anonymous' || user === 'authenticated';
}
