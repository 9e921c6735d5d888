/**
 * Remotes that exist only through a gateway (git-annex's "instantiated" proxied remotes, design/passthrough_proxy): for
 * each entry UUID:NAME in the proxy.log line of a remote R there is a remote `R-NAME`.
 *
 * They are made by adding to the git configuration what it would say about them, so that whoever reads a setting of a
 * remote finds theirs in the same way. Nothing of it is ever written. Any setting of `remote.R-NAME` that the user has
 * takes the place of the whole remote. Source: interop reference §8.7, and trial with both releases.
 */

import type { ClusterMap } from '../../logs/cluster-log.ts';
import type { ProxiedRemote } from '../../logs/proxy-log.ts';
import { isClusterUUID } from '../../types/cluster-uuid.ts';
import type { UUID } from '../../types/uuid.ts';
import { compareByteStrings, type ByteString } from '../../util/byte-string.ts';
import type { ConfigEntry, GitConfig } from '../git/git-config.ts';
import {
  configuredRemote,
  defaultCostOf,
  isPeerAddress,
  type ConfiguredRemote,
} from './configured-remotes.ts';

export interface InstantiateOptions {
  readonly config: GitConfig;
  /** As `configuredRemotes` gives them. */
  readonly remotes: readonly ConfiguredRemote[];
  /** What each gateway proxies for: proxy.log. */
  readonly proxies: ReadonlyMap<UUID, readonly ProxiedRemote[]>;
  /** cluster.log; dead nodes are still nodes here. */
  readonly clusters: ClusterMap;
  /** Also those through gateways at P2P addresses, which are asked for them by SERVE. git-annex knows none. */
  readonly atAddresses?: boolean | undefined;
}

export interface InstantiatedRemotes {
  /** By the names of the gateways, then as proxy.log has them. */
  readonly remotes: readonly ConfiguredRemote[];
  /** The configuration, with what it would say about these remotes. */
  readonly config: GitConfig;
}

export function instantiateRemotes(options: InstantiateOptions): InstantiatedRemotes {
  const { config } = options;
  const taken = new Set(config.remotes());
  const names: ByteString[] = [];
  const entries: ConfigEntry[] = [];
  for (const gateway of sortedRemotes(options.remotes)) {
    const proxied = proxiedRemotesOf(gateway, options.proxies);
    for (const entry of canProxy(gateway, options) ? proxied : []) {
      const name = `${gateway.name}-${entry.name}`;
      if (taken.has(name)) continue;
      taken.add(name);
      names.push(name);
      entries.push(...settingsOf(name, { ...options, gateway, proxied, uuid: entry.uuid }));
    }
  }
  const extended = config.with(entries);
  // None of them has a path of its own, so there is nothing for a base to be the base of.
  return { remotes: names.map((name) => configuredRemote(extended, name, '/')), config: extended };
}

/** What a remote proxies for, if it is a gateway. */
export function proxiedRemotesOf(
  { configUUID }: ConfiguredRemote,
  proxies: ReadonlyMap<UUID, readonly ProxiedRemote[]>,
): readonly ProxiedRemote[] {
  return configUUID === undefined ? [] : (proxies.get(configUUID) ?? []);
}

/** In git-annex's order: by name, compared as the beginning of a key of the configuration. */
export function sortedRemotes(remotes: readonly ConfiguredRemote[]): readonly ConfiguredRemote[] {
  return [...remotes].sort((left, right) => compareByteStrings(`${left.name}.`, `${right.name}.`));
}

/** Only what speaks the P2P protocol to a gateway: not a path, unless the protocol is spoken over HTTP beside it. */
function canProxy(
  { name, url, annexURL, localPath }: ConfiguredRemote,
  { config, atAddresses }: InstantiateOptions,
): boolean {
  if (url === undefined || url.startsWith('gcrypt::')) return false;
  if (isPeerAddress(url) && atAddresses !== true) return false;
  if (config.getBool(`remote.${name}.annex-git-lfs`) === true) return false;
  return localPath === undefined || (annexURL !== undefined && /^annex\+https?:/.test(annexURL));
}

interface OneRemote extends InstantiateOptions {
  readonly gateway: ConfiguredRemote;
  readonly proxied: readonly ProxiedRemote[];
  readonly uuid: UUID;
}

function settingsOf(name: ByteString, options: OneRemote): readonly ConfigEntry[] {
  const { config, gateway, proxied, uuid, clusters } = options;
  const setting = (variable: string, value: ByteString | undefined): ConfigEntry => ({
    key: `remote.${name}.${variable}`,
    value,
  });
  const inherited = inheritedVariables.flatMap((variable) => {
    const entry = config.entry(`remote.${gateway.name}.${variable}`);
    return entry === undefined ? [] : [setting(variable, entry.value)];
  });
  const ownClusters = clusters.clustersByNode.get(uuid);
  // The cluster is what to prefer, and to sync with, in place of its nodes.
  const isNode = proxied.some((other) => isClusterUUID(other.uuid) && ownClusters?.has(other.uuid) === true);
  const asNode = isNode
    ? [setting('annex-cost', String(defaultCostOf(gateway) + 0.1)), setting('annex-sync', 'false')]
    : [];
  return [
    setting('url', gateway.url),
    setting('annex-uuid', uuid),
    ...(gateway.uuid === undefined ? [] : [setting('annex-proxied-by', gateway.uuid)]),
    ...inherited,
    ...asNode,
  ];
}

const inheritedVariables: readonly string[] = `
  cost cost-command ignore ignore-auto ignore-command sync sync-command pull push readonly verify fastcopy
  speculate-present bare retry forward-retry retrydelay stalldetection stalldetection-upload stalldetection-download
  bwlimit bwlimit-upload bwlimit-download security-allow-unverified-downloads web-options max-git-bundles
  allow-encrypted-gitrepo proxy shell ssh-options rsync-options rsync-upload-options rsync-download-options
  rsync-transport gnupg-options gnupg-decrypt-options shared-sop-command shared-sop-profile
`
  .trim()
  .split(/\s+/)
  .map((variable) => `annex-${variable}`)
  .concat('annexurl');
