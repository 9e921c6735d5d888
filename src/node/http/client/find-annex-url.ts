/**
 * Where a git remote's annex can be reached over HTTP (interop reference §6.11): remote.NAME.annexUrl, what
 * url.BASE.annexInsteadOf makes of the remote's URL, or what a web server's own `config` says:
 *
 *     C: GET /archive.git/config
 *     S: [annex] uuid = UUID, url = annex+https://example.com:443/git-annex/
 *
 * The first two are the operator's word, and lead anywhere. The third is a stranger's: on another host it may only lead to
 * public addresses, or to those of annex.security.allowed-ip-addresses.
 */

import { parseAnnexUrl, type AnnexUrl } from '../../../p2p/http/client/annex-url.ts';
import { collect } from '../../../util/bytes.ts';
import { parseUUID, type UUID } from '../../../types/uuid.ts';
import { bytesToByteString, type ByteString } from '../../../util/byte-string.ts';
import { parseConfigList, type GitConfig } from '../../git/git-config.ts';
import type { GitRepository } from '../../git/git-repository.ts';
import { NodeTransport, type TransportLimits } from './node-transport.ts';
import { tlsSettings } from './tls-settings.ts';

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
  options: {
    readonly repository: GitRepository;
    readonly signal: AbortSignal;
    readonly limits?: TransportLimits | undefined;
  },
): Promise<FoundAnnexUrl | undefined> {
  const match = webUrlPattern.exec(gitUrl);
  if (match === null) return undefined;
  const [, scheme = '', bracketed, plain, portText, path = ''] = match;
  const secure = scheme.toLowerCase() === 'https';
  const host = bracketed ?? plain ?? '';
  const port = portText === undefined ? (secure ? 443 : 80) : Number(portText);
  const { repository, signal, limits } = options;
  const tls = await tlsSettings(repository, { secure, host, port, basePath: '' });
  const transport = new NodeTransport({ secure, host, port, tls, limits });
  try {
    const target = `${path.replace(/\/+$/, '')}/config`;
    const response = await transport.request({
      method: 'GET',
      target,
      headers: [],
      isTransfer: false,
      signal,
    });
    if (response.status !== 200) {
      await response.body[Symbol.asyncIterator]().return?.();
      return undefined;
    }
    const config = await readConfig(await collect(limited(response.body)), repository);
    const url = parseAnnexUrl(config?.get('annex.url') ?? '');
    if (url === undefined) return undefined;
    const uuid = parseUUID(config?.get('annex.uuid') ?? '');
    return { url, uuid, isForeign: url.host.toLowerCase() !== host.toLowerCase() };
  } finally {
    transport.close();
  }
}

/** The host of an http or https URL, without brackets. */
export function webHost(url: ByteString): string | undefined {
  const match = webUrlPattern.exec(url);
  return match?.[2] ?? match?.[3];
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

/** Git itself reads it, without following includes. Undefined where it is no configuration. */
async function readConfig(bytes: Uint8Array, repository: GitRepository): Promise<GitConfig | undefined> {
  if (bytes.length > maxConfigBytes || bytesToByteString(bytes.subarray(0, 1)) === '<') return undefined;
  const args = ['config', '--no-includes', '--file', '-', '--list', '--show-origin', '-z'];
  const listed = await repository.run(args, { input: bytes, allow: [0, 1, 128] });
  return listed.exitCode === 0 ? parseConfigList(bytesToByteString(listed.stdout)).config : undefined;
}

async function* limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let totalBytes = 0;
  for await (const chunk of body) {
    totalBytes += chunk.length;
    yield chunk;
    if (totalBytes > maxConfigBytes) return;
  }
}

const webUrlPattern =
  /^(https?):\/\/(?:[^@/?#]*@)?(?:\[([0-9a-fA-F:.]+)\]|([^:/?#@[\]\s]+))(?::(\d{1,5}))?(\/[^?#\s]*)?$/i;
const maxConfigBytes = 65_536;
