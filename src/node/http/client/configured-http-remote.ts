/**
 * The Remote of a git remote whose annex is behind HTTP, with all that git's configuration says about it: where it is,
 * whom to trust, which credentials, and which addresses it may lead to.
 */

import type { HttpRemote, HttpRemoteOptions } from '../../../p2p/http/client/http-remote.ts';
import type { AnnexUrl } from '../../../p2p/http/client/annex-url.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import type { UUID } from '../../../types/uuid.ts';
import { byteStringToText, type ByteString } from '../../../util/byte-string.ts';
import type { Clock } from '../../../util/clock.ts';
import type { GitConfig } from '../../git/git-config.ts';
import type { GitRepository } from '../../git/git-repository.ts';
import { allowedAddresses, assertAllowed, lookupAllowed } from './allowed-addresses.ts';
import { configuredAnnexUrl, discoverAnnexUrl, type FoundAnnexUrl } from './find-annex-url.ts';
import { GitCredential } from './git-credential.ts';
import type { TransportLimits } from './node-transport.ts';
import { openHttpRemote } from './open-http-remote.ts';
import { tlsSettings } from './tls-settings.ts';
import { webHost } from './web-config.ts';

export interface ConfiguredHttpRemoteOptions {
  /** Of the git remote. */
  readonly name: ByteString;
  readonly uuid: UUID;
  /** A repository where not given. */
  readonly kind?: HttpRemoteOptions['kind'];
  /** Where the remote's settings are; the repository's own configuration where not given. */
  readonly config?: GitConfig | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly limits?: TransportLimits | undefined;
  readonly userAgent?: string | undefined;
}

/** Undefined where the remote's annex is not behind HTTP. Only an http or https remote without an annexUrl is asked. */
export async function configuredHttpRemote(
  repository: GitRepository,
  options: ConfiguredHttpRemoteOptions,
): Promise<HttpRemote | undefined> {
  const config = options.config ?? (await repository.config());
  const found = await findUrl(repository, config, options);
  if (found === undefined) return undefined;
  const { url, isForeign } = found;
  const { name, uuid, kind, clock, limits, userAgent } = options;
  if (found.uuid !== undefined && found.uuid !== uuid) {
    const message = `the remote ${byteStringToText(name)} has UUID ${uuid}, and its server says ${found.uuid}`;
    throw new AnnexError('config', message);
  }
  const allowed = isForeign ? allowedAddresses(config) : undefined;
  if (allowed !== undefined) assertAllowed(url.host, url.port, allowed);
  return openHttpRemote({
    url,
    uuid,
    kind,
    clock,
    limits,
    userAgent,
    tls: await tlsSettings(repository, url),
    credentials: new GitCredential({ repository, url: credentialUrl(config, name, url) }),
    lookup: allowed === undefined ? undefined : lookupAllowed(allowed, url.port),
  });
}

async function findUrl(
  repository: GitRepository,
  config: GitConfig,
  { name, signal, limits }: ConfiguredHttpRemoteOptions,
): Promise<FoundAnnexUrl | undefined> {
  const url = configuredAnnexUrl(config, name);
  if (url !== undefined) return { url, isForeign: false };
  // An annexUrl of another kind stands in the place of the URL.
  const gitUrl = config.get(`remote.${name}.annexurl`) ?? config.get(`remote.${name}.url`);
  return gitUrl === undefined ? undefined : await discoverAnnexUrl(gitUrl, { repository, signal, limits });
}

/** The git remote's own URL where it is on the same host: its password is the one that helpers know. */
function credentialUrl(config: GitConfig, name: ByteString, url: AnnexUrl): ByteString {
  const gitUrl = config.get(`remote.${name}.url`) ?? '';
  return webHost(gitUrl)?.toLowerCase() === url.host.toLowerCase() ? gitUrl : url.text;
}
