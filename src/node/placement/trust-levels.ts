/**
 * How far each repository is trusted: what the command line said, remote.NAME.annex-trustlevel, trust.log. A remote that
 * holds a tree of files without versions (exporttree, importtree) is untrusted at best, since others may overwrite what
 * is there.
 */

import { specialRemotes, parseRemoteLog } from '../../logs/remote-log.ts';
import { parseTrustLog } from '../../logs/trust-log.ts';
import { defaultTrustLevel, type TrustLevel } from '../../types/trust-level.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { GitConfig } from '../git/git-config.ts';

export interface TrustSources {
  /** Content of trust.log and remote.log. */
  readonly trustLog: ByteString;
  readonly remoteLog: ByteString;
  readonly config: GitConfig;
  /** `--trust`, `--semitrust` and `--untrust`. */
  readonly forced?: ReadonlyMap<UUID, TrustLevel> | undefined;
}

/** The levels of repositories that are not just semitrusted. */
export function trustLevels({ trustLog, remoteLog, config, forced }: TrustSources): Map<UUID, TrustLevel> {
  const levels = new Map(parseTrustLog(trustLog));
  const unversioned = unversionedTrees(remoteLog);
  for (const name of config.remotes()) {
    const uuid = parseUUID(config.get(`remote.${name}.annex-uuid`) ?? '');
    if (uuid === undefined) continue;
    const configured = trustWords.get(config.get(`remote.${name}.annex-trustlevel`) ?? '');
    if (configured !== undefined) levels.set(uuid, configured);
    const level = levels.get(uuid) ?? defaultTrustLevel;
    if (unversioned.has(uuid) && level !== 'dead') levels.set(uuid, 'untrusted');
  }
  for (const [uuid, level] of forced ?? []) levels.set(uuid, level);
  return levels;
}

function unversionedTrees(remoteLog: ByteString): ReadonlySet<UUID> {
  const isYes = (value: ByteString | undefined): boolean => value === 'yes';
  return new Set(
    specialRemotes(parseRemoteLog(remoteLog))
      .filter(({ config }) => isYes(config.get('exporttree')) || isYes(config.get('importtree')))
      .filter(({ config }) => !isYes(config.get('versioning')))
      .map(({ uuid }) => uuid),
  );
}

const trustWords: ReadonlyMap<ByteString, TrustLevel> = new Map([
  ['trusted', 'trusted'],
  ['semitrusted', 'semitrusted'],
  ['untrusted', 'untrusted'],
  ['dead', 'dead'],
]);
