/**
 * What is known of repositories: descriptions, trust, and which remote each is. Their titles are git-annex's:
 * `DESCRIPTION [REMOTE]`, `[REMOTE]` where nobody described it or it is described by that name, `DESCRIPTION [here]`.
 */

import { parseTrustLog } from '../../logs/trust-log.ts';
import { defaultTrustLevel, type TrustLevel } from '../../types/trust-level.ts';
import type { UUID } from '../../types/uuid.ts';
import { byteStringToText } from '../../util/byte-string.ts';
import { configuredRemotes, type ConfiguredRemote } from './configured-remotes.ts';
import { readDescriptions } from './descriptions.ts';
import type { OpenAnnex } from './open-annex.ts';

export interface Repositories {
  /** All that are known, by UUID. */
  readonly uuids: readonly UUID[];
  readonly remotes: readonly ConfiguredRemote[];
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
  const remotes = await configuredRemotes(annex.git);
  const names = new Map<UUID, string>();
  for (const { uuid, name } of remotes) if (uuid !== undefined) names.set(uuid, byteStringToText(name));
  const described = (uuid: UUID): string => byteStringToText(descriptions.get(uuid) ?? '');
  return {
    uuids: [...new Set([...descriptions.keys(), ...names.keys(), annex.uuid])].sort(),
    remotes,
    trust: (uuid) => trustLevels.get(uuid) ?? defaultTrustLevel,
    description: (uuid) => withName(described(uuid), uuid === annex.uuid ? undefined : names.get(uuid)),
    title: (uuid) => withName(described(uuid), uuid === annex.uuid ? 'here' : names.get(uuid)),
    isDescribedAs: (uuid, text) => described(uuid) === text,
  };
}

function withName(description: string, name: string | undefined): string {
  if (name === undefined) return description;
  return description === '' || description === name ? `[${name}]` : `${description} [${name}]`;
}
