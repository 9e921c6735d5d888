/**
 * Reads what expressions are judged by from the git-annex branch and the git configuration. The answer is the same object
 * until something of that changed, so that whoever parses expressions has to do so again only for a new one.
 */

import { parseCopiesLog } from '../../logs/copies-log.ts';
import { parseGroupLog, uuidsByGroup } from '../../logs/group-log.ts';
import { parseGroupPreferredContentLog } from '../../logs/group-preferred-content-log.ts';
import { parseMaxSizeLog } from '../../logs/max-size-log.ts';
import { parsePreferredContentLog } from '../../logs/preferred-content-log.ts';
import { parseRemoteLog, specialRemotes } from '../../logs/remote-log.ts';
import type { Repositories } from '../../preferred-content/repositories.ts';
import { defaultTrustLevel, type TrustLevel } from '../../types/trust-level.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { AnnexBranch } from '../branch/annex-branch.ts';
import type { GitConfig } from '../git/git-config.ts';
import { trustLevels } from './trust-levels.ts';

export interface RepositoriesReaderOptions {
  /** Bytes that a repository has now; asked for each time a balanced term is judged. */
  readonly sizeOf: (uuid: UUID) => bigint | undefined;
  /** `--trust`, `--semitrust` and `--untrust`. */
  readonly forcedTrust?: ReadonlyMap<UUID, TrustLevel> | undefined;
  readonly rebalance?: boolean | undefined;
}

export class RepositoriesReader {
  readonly #branch: AnnexBranch;
  readonly #options: RepositoriesReaderOptions;
  #version: string | undefined;
  #config: GitConfig | undefined;
  #sources: readonly ByteString[] = [];
  #repositories: Repositories | undefined;

  constructor(branch: AnnexBranch, options: RepositoriesReaderOptions) {
    this.#branch = branch;
    this.#options = options;
  }

  /** As branch and configuration are now; nothing is `unavailable`. */
  async read(): Promise<Repositories> {
    const config = await this.#branch.repository.config();
    const version = await this.#branch.version();
    if (this.#repositories !== undefined && config === this.#config) {
      if (version !== undefined && version === this.#version) return this.#repositories;
    }
    const sources = await Promise.all(logs.map(async (path) => (await this.#branch.read(path)) ?? ''));
    const isSame = config === this.#config && sources.every((content, at) => content === this.#sources[at]);
    if (this.#repositories === undefined || !isSame)
      this.#repositories = this.#make(new Map(logs.map((path, at) => [path, sources[at] ?? ''])), config);
    this.#config = config;
    this.#version = version;
    this.#sources = sources;
    return this.#repositories;
  }

  #make(content: ReadonlyMap<Log, ByteString>, config: GitConfig): Repositories {
    const of = (log: Log): ByteString => content.get(log) ?? '';
    const { sizeOf, forcedTrust, rebalance = false } = this.#options;
    const groups = parseGroupLog(of('group.log'));
    const maxSizes = parseMaxSizeLog(of('maxsize.log'));
    const trust = trustLevels({
      trustLog: of('trust.log'),
      remoteLog: of('remote.log'),
      config,
      forced: forcedTrust,
    });
    const directories = new Map<UUID, ByteString>();
    for (const { uuid, config: remote } of specialRemotes(parseRemoteLog(of('remote.log')))) {
      const directory = remote.get('preferreddir');
      if (directory !== undefined) directories.set(uuid, directory);
    }
    return {
      preferred: parsePreferredContentLog(of('preferred-content.log')),
      required: parsePreferredContentLog(of('required-content.log')),
      groupPreferred: parseGroupPreferredContentLog(of('group-preferred-content.log')),
      groups,
      members: uuidsByGroup(groups),
      trustOf: (uuid) => trust.get(uuid) ?? defaultTrustLevel,
      maxSizeOf: (uuid) => maxSizes.get(uuid),
      sizeOf,
      preferredDirOf: (uuid) => directories.get(uuid) ?? 'public',
      approxNumCopies: parseCopiesLog(of('numcopies.log')) ?? 1,
      fullyBalancedThreshold: thresholdOf(config),
      rebalance,
      unavailable: new Set(),
    };
  }
}

/** The setting is in percent. */
function thresholdOf(config: GitConfig): number {
  const percent = Number(config.get('annex.fullybalancedthreshhold') ?? '');
  return Number.isFinite(percent) && percent > 0 ? percent / 100 : 0.9;
}

type Log = (typeof logs)[number];

const logs = [
  'preferred-content.log',
  'required-content.log',
  'group-preferred-content.log',
  'group.log',
  'trust.log',
  'maxsize.log',
  'remote.log',
  'numcopies.log',
] as const;
