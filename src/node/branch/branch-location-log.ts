/**
 * Locations of keys from the git-annex branch, and changes to them. Cluster UUIDs are added here when a log is read and
 * are never written; dead repositories are left out. Changes about a private repository stay in this one.
 */

import type { LocationLog } from '../../gateway/location-log.ts';
import { isLoggable, locationLogPath } from '../../logs/branch-path.ts';
import { noClusters, parseClusterLog, withoutNodes, type ClusterMap } from '../../logs/cluster-log.ts';
import { allDifferences } from '../../logs/difference-log.ts';
import { addClusterUUIDs, changeLocationLog, presentUUIDs } from '../../logs/location-log.ts';
import { deadUUIDs } from '../../logs/trust-log.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { Key } from '../../types/key.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { GitConfig } from '../git/git-config.ts';
import type { AnnexBranch } from './annex-branch.ts';
import { vectorClockSeconds } from './vector-clock-now.ts';

/** What the location logs are read with. */
interface Surroundings {
  readonly oneLevel: boolean;
  readonly dead: ReadonlySet<UUID>;
  /** Without dead nodes. */
  readonly clusters: ClusterMap;
}

export class BranchLocationLog implements LocationLog {
  readonly #branch: AnnexBranch;
  #version: string | undefined;
  #sources: readonly (ByteString | undefined)[] = [];
  #surroundings: Surroundings = { oneLevel: false, dead: new Set(), clusters: noClusters };

  constructor(branch: AnnexBranch) {
    this.#branch = branch;
  }

  async locations(key: Key): Promise<readonly UUID[]> {
    const { dead, clusters } = await this.#current();
    const present = await this.#logged(key);
    const alive = dead.size === 0 ? present : present.filter((uuid) => !dead.has(uuid));
    return addClusterUUIDs(alive, clusters);
  }

  /** The dead repositories that are logged to have the key. */
  async deadLocations(key: Key): Promise<readonly UUID[]> {
    const { dead } = await this.#current();
    return dead.size === 0 ? [] : (await this.#logged(key)).filter((uuid) => dead.has(uuid));
  }

  async logChange(
    key: Key,
    change: { readonly present: readonly UUID[]; readonly missing: readonly UUID[] },
  ): Promise<void> {
    if (!isLoggable(key)) {
      // Nothing can say that it was there.
      if (change.present.length === 0) return;
      throw new AnnexError('remote', `the location of ${key} cannot be logged: its name is too long`);
    }
    const { oneLevel } = await this.#current();
    const path = locationLogPath(key, { oneLevel });
    const own = privateUUIDs(await this.#branch.repository.config());
    for (const isPrivate of [false, true]) {
      const concerns = (uuid: UUID): boolean => own.has(uuid) === isPrivate;
      const present = change.present.filter(concerns);
      const missing = change.missing.filter(concerns);
      if (present.length === 0 && missing.length === 0) continue;
      const nowSeconds = vectorClockSeconds(this.#branch.clock);
      await this.#branch.change(
        path,
        (old) => changeLocationLog(old ?? '', { present, missing, nowSeconds }),
        { private: isPrivate },
      );
    }
  }

  /** The clusters as cluster.log has them now, dead nodes left out. */
  async clusters(): Promise<ClusterMap> {
    return (await this.#current()).clusters;
  }

  /** Whether per-key logs have one level of directories. */
  async oneLevel(): Promise<boolean> {
    return (await this.#current()).oneLevel;
  }

  /** The dead repositories as trust.log has them now. */
  async dead(): Promise<ReadonlySet<UUID>> {
    return (await this.#current()).dead;
  }

  async #logged(key: Key): Promise<readonly UUID[]> {
    const { oneLevel } = await this.#current();
    return presentUUIDs((await this.#branch.read(locationLogPath(key, { oneLevel }))) ?? '');
  }

  /** Parsed again only when one of the files changed; looked at again only when branch or journal moved. */
  async #current(): Promise<Surroundings> {
    const version = await this.#branch.version();
    if (version !== undefined && version === this.#version) return this.#surroundings;
    const sources = await Promise.all(sourcePaths.map((path) => this.#branch.read(path)));
    if (this.#sources.length === 0 || sources.some((content, at) => content !== this.#sources[at])) {
      const [differences = '', trust = '', cluster = ''] = sources;
      const dead = deadUUIDs(trust);
      const clusters = withoutNodes(parseClusterLog(cluster), dead);
      this.#surroundings = {
        oneLevel: allDifferences(differences).has('OneLevelBranchHash'),
        dead,
        clusters,
      };
      this.#sources = sources;
    }
    this.#version = version;
    return this.#surroundings;
  }
}

/** The repositories that only this one is to know of: annex.private for itself, remote.NAME.annex-private. */
export function privateUUIDs(config: GitConfig): ReadonlySet<UUID> {
  const uuids = new Set<UUID>();
  const add = (text: ByteString | undefined): void => {
    const uuid = parseUUID(text ?? '');
    if (uuid !== undefined) uuids.add(uuid);
  };
  if (config.getBool('annex.private') === true) add(config.get('annex.uuid'));
  for (const name of config.remotes()) {
    if (config.getBool(`remote.${name}.annex-private`) === true) add(config.get(`remote.${name}.annex-uuid`));
  }
  return uuids;
}

const sourcePaths = ['difference.log', 'trust.log', 'cluster.log'] as const;
