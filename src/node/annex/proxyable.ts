/**
 * Which remotes git-annex would record as proxied or as nodes, and in which words it refuses the others: those without a
 * UUID, and exports that cannot hold every object. A special remote that was not verified is recorded as any other;
 * it is kept from being used where content is sent to it.
 */

import { parseRemoteLog, specialRemotes, type RemoteConfig } from '../../logs/remote-log.ts';
import type { UUID } from '../../types/uuid.ts';
import { isLegalRemoteName } from '../../types/remote-name.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { ConfiguredRemote } from './configured-remotes.ts';

export interface RefusedRemote {
  readonly name: ByteString;
  /** Git-annex's words, without what cannot be done with the remote. */
  readonly reason: string;
  /** What to do about it, where that is known. */
  readonly suggestion: string | undefined;
}

export interface Proxyable {
  readonly remotes: readonly (ConfiguredRemote & { readonly uuid: UUID })[];
  readonly refused: readonly RefusedRemote[];
}

/** @param remoteLog remote.log, which alone knows of special remotes. */
export function proxyableRemotes(remotes: readonly ConfiguredRemote[], remoteLog: ByteString): Proxyable {
  const special = new Map(
    specialRemotes(parseRemoteLog(remoteLog)).map(({ configUUID, config }) => [configUUID, config]),
  );
  const good: (ConfiguredRemote & { readonly uuid: UUID })[] = [];
  const refused: RefusedRemote[] = [];
  // Git remotes first, as git-annex lists them.
  const isSpecial = ({ url }: ConfiguredRemote): boolean => url === undefined;
  for (const remote of [...remotes.filter((one) => !isSpecial(one)), ...remotes.filter(isSpecial)]) {
    const { name, uuid } = remote;
    const config = remote.configUUID === undefined ? undefined : special.get(remote.configUUID);
    // Settings alone make no special remote.
    if (isSpecial(remote) && config === undefined) continue;
    const refusal = refusalOf(remote, config);
    if (refusal !== undefined) refused.push({ name, ...refusal });
    else if (uuid !== undefined) good.push({ ...remote, uuid });
  }
  return { remotes: good, refused };
}

function refusalOf(
  { name, uuid }: ConfiguredRemote,
  config: RemoteConfig | undefined,
): Omit<RefusedRemote, 'name'> | undefined {
  if (uuid === undefined) {
    return { reason: 'is a git remote without a known annex-uuid', suggestion: undefined };
  }
  if (!isLegalRemoteName(name)) return { reason: 'is no legal name of a remote', suggestion: undefined };
  if (config?.get('exporttree') === 'yes' && config.get('annexobjects') !== 'yes') {
    return {
      reason: 'is a special remote configured with exporttree=yes, but without annexobjects=yes',
      suggestion: `git-annex enableremote ${name} annexobjects=yes`,
    };
  }
  return undefined;
}
