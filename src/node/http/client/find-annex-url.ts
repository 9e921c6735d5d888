/**
 * Where a git remote's annex can be reached over HTTP (interop reference §6.11): remote.NAME.annexUrl, what
 * url.BASE.annexInsteadOf makes of the remote's URL, or what a web server's own `config` says.
 *
 * The first two are the operator's word, and lead anywhere. The third is a stranger's: on another host it may only lead to
 * public addresses, or to those of annex.security.allowed-ip-addresses.
 */

import { parseAnnexUrl, type AnnexUrl } from '../../../p2p/http/client/annex-url.ts';
import { parseUUID, type UUID } from '../../../types/uuid.ts';
import type { ByteString } from '../../../util/byte-string.ts';
import type { GitConfig } from '../../git/git-config.ts';
import { readWebConfig, webHost, type WebConfigOptions } from './web-config.ts';

export interface FoundAnnexUrl {
  readonly url: AnnexUrl;
  /** Of the repository, where the server said it. */
  readonly uuid?: UUID | undefined;
  /** A server on another host led here. */
  readonly isForeign: boolean;
}

/** Where the configuration says it, without asking anybody. */
export function configuredAnnexUrl(config: GitConfig, name: ByteString): AnnexUrl | undefined {
  const annexUrl = config.get(`remote.${name}.annexurl`);
  if (annexUrl !== undefined) return parseAnnexUrl(annexUrl);
  const url = config.get(`remote.${name}.url`);
  return url === undefined ? undefined : parseAnnexUrl(annexInsteadOf(config, url));
}

/** Asks the web server that an http or https git remote is on. Undefined where it is none, or does not say. */
export async function discoverAnnexUrl(
  gitUrl: ByteString,
  options: WebConfigOptions,
): Promise<FoundAnnexUrl | undefined> {
  const said = await readWebConfig(gitUrl, options);
  return said?.type === 'config' ? annexUrlOf(said.config, gitUrl) : undefined;
}

/** What a web server's configuration says; undefined where there is no URL in it. */
export function annexUrlOf(config: GitConfig, gitUrl: ByteString): FoundAnnexUrl | undefined {
  const url = parseAnnexUrl(config.get('annex.url') ?? '');
  if (url === undefined) return undefined;
  const uuid = parseUUID(config.get('annex.uuid') ?? '');
  return { url, uuid, isForeign: url.host.toLowerCase() !== webHost(gitUrl)?.toLowerCase() };
}

/** The longest prefix that a rule replaces wins, as with git's insteadOf. */
function annexInsteadOf(config: GitConfig, url: ByteString): ByteString {
  let best: { readonly prefix: ByteString; readonly base: ByteString } | undefined;
  for (const base of config.subsections('url')) {
    for (const prefix of config.getAll(`url.${base}.annexinsteadof`)) {
      if (url.startsWith(prefix) && prefix.length > (best?.prefix.length ?? -1)) best = { prefix, base };
    }
  }
  return best === undefined ? url : best.base + url.slice(best.prefix.length);
}
