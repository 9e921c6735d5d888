/** Rules as a configuration writes them, checked and made ready to be asked (rules.ts). */

import { parseGlob, type Glob } from '../../../preferred-content/glob.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import { textToByteString } from '../../../util/byte-string.ts';
import type { Role } from './role.ts';
import { isReservedName, type Rule, type RuleSet } from './rules.ts';

export interface RuleText {
  readonly role: Role;
  /** Names, and the words `anonymous` and `authenticated`. */
  readonly users?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
  /** Globs. */
  readonly repositories?: readonly string[] | undefined;
  /** Globs. */
  readonly paths?: readonly string[] | undefined;
  readonly locking?: boolean | undefined;
}

/** @throws AnnexError `config`, which counts rules from 1 */
export function compileRules(
  rules: readonly RuleText[],
  groups: Readonly<Record<string, readonly string[]>> = {},
): RuleSet {
  const members = new Map(Object.entries(groups));
  for (const [group, users] of members) {
    const word = users.find(isReservedName);
    if (word !== undefined) throw new AnnexError('config', `group ${group}: "${word}" is no user`);
  }
  return {
    groups: members,
    rules: rules.map((rule, index) => {
      try {
        return compileRule(rule, members);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new AnnexError('config', `rule ${index + 1}: ${reason}`, { cause: error });
      }
    }),
  };
}

function compileRule(text: RuleText, known: ReadonlyMap<string, unknown>): Rule {
  const { role, users = [], groups = [], repositories, paths, locking } = text;
  const unknown = groups.find((group) => !known.has(group));
  if (unknown !== undefined) throw new AnnexError('config', `there is no group "${unknown}"`);
  if (users.length === 0 && groups.length === 0)
    throw new AnnexError('config', 'it is for nobody: users or groups are wanted');
  if (paths !== undefined && role !== 'read')
    throw new AnnexError('config', `with paths it gives read and nothing else, not ${role}`);
  if (locking !== undefined && (role !== 'read' || paths !== undefined))
    throw new AnnexError('config', 'locking can be said only of a role of read without paths');
  return { role, users, groups, repositories: globs(repositories), paths: globs(paths), locking };
}

function globs(texts: readonly string[] | undefined): readonly Glob[] | undefined {
  return texts?.map((text) => parseGlob(textToByteString(text)));
}
