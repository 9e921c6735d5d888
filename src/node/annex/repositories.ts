/**
 * What is known of repositories: descriptions, trust, and which remote each is. Their titles are git-annex's:
 * `DESCRIPTION [REMOTE]`, `[REMOTE]` where it is described by that name, `REMOTE` where nobody described it,
 * `DESCRIPTION [here]`. Where several remotes are one repository, the last by name gives it its title, and one of the
 * git configuration does before one that exists only through a gateway.
 */

import { parseTrustLog } from '../../logs/trust-log.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { defaultTrustLevel, type TrustLevel } from '../../types/trust-level.ts';
import { bittorrentUUID, parseUUID, webUUID, type UUID } from '../../types/uuid.ts';
import { byteStringToText, textToByteString, type ByteString } from '../../util/byte-string.ts';
import { configuredClusters, discoverLocalUUIDs, type ConfiguredRemote } from './configured-remotes.ts';
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
  /**
   * The repository that people mean by `here` or `.`, the name of a remote, a UUID, a description, or the name of a
   * cluster of this gateway, which is found in this order. Throws AnnexError('config') in git-annex's words.
   */
  readonly named: (name: string) => UUID;
}

/** @param options.discover asks remotes on this machine that have no UUID yet for theirs, and notes it. */
export async function describeRepositories(
  annex: OpenAnnex,
  options: { readonly discover?: boolean } = {},
): Promise<Repositories> {
  const descriptions = await readDescriptions(annex.branch);
  const trustLevels = parseTrustLog((await annex.branch.read('trust.log')) ?? '');
  if (options.discover === true) await discoverLocalUUIDs(annex.git);
  const remotes = await readRemotes(annex);
  const clusters = configuredClusters(await annex.git.config());
  const names = new Map<UUID, string>();
  for (const { uuid, name } of [...remotes.instantiated, ...remotes.configured]) {
    if (uuid !== undefined) names.set(uuid, byteStringToText(name));
  }
  const described = (uuid: UUID): string => byteStringToText(descriptions.get(uuid) ?? '');
  const description = (uuid: UUID): string => withName(described(uuid), names.get(uuid));
  const uuids = [...new Set([...descriptions.keys(), ...names.keys(), annex.uuid])].sort();
  return {
    uuids,
    remotes,
    trust: (uuid) => trustLevels.get(uuid) ?? defaultTrustLevel,
    description,
    title: (uuid) => (uuid === annex.uuid ? titleHere(description(uuid)) : description(uuid)),
    isDescribedAs: (uuid, text) => described(uuid) === text,
    named: (name) => findNamed(name, { here: annex.uuid, uuids, remotes, descriptions, clusters }),
  };
}

interface Names {
  readonly here: UUID;
  readonly uuids: readonly UUID[];
  readonly remotes: AllRemotes;
  readonly descriptions: ReadonlyMap<UUID, ByteString>;
  readonly clusters: ReadonlyMap<ByteString, UUID>;
}

function findNamed(text: string, { here, uuids, remotes, descriptions, clusters }: Names): UUID {
  if (text === '') throw new AnnexError('config', 'no repository name specified');
  if (text === 'here' || text === '.') return here;
  const name = textToByteString(text);
  const remote = [...remotes.configured, ...remotes.instantiated].find((one) => isRemoteNamed(one, name));
  if (remote?.uuid !== undefined) return remote.uuid;
  if (remote !== undefined) {
    throw new AnnexError(
      'config',
      `cannot determine uuid for ${text} (perhaps you need to run "git annex sync"?)`,
    );
  }
  const uuid = parseUUID(name);
  if (uuid !== undefined && uuids.includes(uuid)) return uuid;
  const [described, another] = uuids.filter((candidate) => descriptions.get(candidate) === name);
  if (another !== undefined) {
    throw new AnnexError(
      'config',
      'found multiple repositories with that description (use the uuid instead to disambiguate)',
    );
  }
  const found = described ?? everywhere.get(name) ?? clusters.get(name);
  if (found === undefined) throw new AnnexError('config', `there is no available git remote named "${text}"`);
  return found;
}

/** Settings alone make no remote. */
function isRemoteNamed({ name, uuid, url }: ConfiguredRemote, wanted: ByteString): boolean {
  return name === wanted && (uuid !== undefined || url !== undefined);
}

/** Remotes that every repository has, under these names whatever they are described as. */
const everywhere: ReadonlyMap<ByteString, UUID> = new Map([
  ['web', webUUID],
  ['bittorrent', bittorrentUUID],
]);

function withName(description: string, name: string | undefined): string {
  if (name === undefined) return description;
  if (description === '') return name;
  return description === name ? `[${name}]` : `${description} [${name}]`;
}

function titleHere(description: string): string {
  return description === 'here' ? '[here]' : `${description} [here]`.trimStart();
}
