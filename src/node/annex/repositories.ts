/**
 * What is known of repositories: descriptions, trust, and which remote each is. Their titles are git-annex's:
 * `DESCRIPTION [REMOTE]`, `[REMOTE]` where it is described by that name, `REMOTE` where nobody described it,
 * `DESCRIPTION [here]`. Where several remotes are one repository, the last by name gives it its title, and one of the
 * git configuration does before one that exists only through a gateway.
 */

import { parseTrustLog } from '../../logs/trust-log.ts';
import { defaultTrustLevel, type TrustLevel } from '../../types/trust-level.ts';
import type { UUID } from '../../types/uuid.ts';
import { byteStringToText } from '../../util/byte-string.ts';
import { readDescriptions } from './descriptions.ts';
import type { OpenAnnex } from './open-annex.ts';
import { readRemotes, type AllRemotes } from './remotes.ts';

export interface Repositories {
  /** All that are known, by UUID. */
  readonly uuids: readonly UUID[];
  readonly remotes: AllRemotes;
  trust(uuid: UUID): TrustLevel;
  /** The description with the remote's name after it, as git-annex has it in JSON. */
  description(uuid: UUID): string;
  /** The description with the remote's name or `here` after it. */
  title(uuid: UUID): string;
  isDescribedAs(uuid: UUID, text: string): boolean;
}

export async function describeRepositories(annex: OpenAnnex): Promise<Repositories> {
  const descriptions = await readDescriptions(annex.branch);
  const trustLevels = parseTrustLog((await annex.branch.read('trust.log')) ?? '');
  const remotes = await readRemotes(annex);
  const names = new Map<UUID, string>();
  for (const { uuid, name } of [...remotes.instantiated, ...remotes.configured]) {
    if (uuid !== undefined) names.set(uuid, byteStringToText(name));
  }
  const described = (uuid: UUID): string => byteStringToText(descriptions.get(uuid) ?? '');
  const description = (uuid: UUID): string => withName(described(uuid), names.get(uuid));
  return {
    uuids: [...new Set([...descriptions.keys(), ...names.keys(), annex.uuid])].sort(),
    remotes,
    trust: (uuid) => trustLevels.get(uuid) ?? defaultTrustLevel,
    description,
    title: (uuid) => (uuid === annex.uuid ? titleHere(description(uuid)) : description(uuid)),
    isDescribedAs: (uuid, text) => described(uuid) === text,
  };
}

function withName(description: string, name: string | undefined): string {
  if (name === undefined) return description;
  if (description === '') return name;
  return description === name ? `[${name}]` : `${description} [${name}]`;
}

function titleHere(description: string): string {
  return description === 'here' ? '[here]' : `${description} [here]`.trimStart();
}
