/**
 * The configuration of a repository that a web server gives away, where git remotes are plain http or https URLs. git-annex
 * looks in it for the repository's UUID and for where its annex is:
 *
 *     C: GET /archive.git/config
 *     S: [annex] uuid = UUID, url = annex+https://example.com:443/git-annex/
 */

import { AnnexError } from '../../../types/annex-error.ts';
import { byteStringToText, bytesToByteString, type ByteString } from '../../../util/byte-string.ts';
import { collect } from '../../../util/bytes.ts';
import type { FarConfig } from '../../git/far-config.ts';
import { parseConfigList, type GitConfig } from '../../git/git-config.ts';
import type { GitRepository } from '../../git/git-repository.ts';
import { NodeTransport, type TransportLimits } from './node-transport.ts';
import { tlsSettings } from './tls-settings.ts';

export interface WebConfigOptions {
  /** Whose git reads it, and whose configuration says whom to trust. */
  readonly repository: GitRepository;
  readonly signal: AbortSignal;
  readonly limits?: TransportLimits | undefined;
}

/**
 * Undefined where `gitUrl` is no http or https URL. Throws AnnexError('peer') where the server cannot be reached, or asks to
 * come again in another way: with a password, elsewhere, or later.
 */
export async function readWebConfig(
  gitUrl: ByteString,
  { repository, signal, limits }: WebConfigOptions,
): Promise<FarConfig | undefined> {
  const match = webUrlPattern.exec(gitUrl);
  if (match === null) return undefined;
  const [, scheme = '', bracketed, plain, portText, path = ''] = match;
  const secure = scheme.toLowerCase() === 'https';
  const host = bracketed ?? plain ?? '';
  const port = portText === undefined ? (secure ? 443 : 80) : Number(portText);
  const tls = await tlsSettings(repository, { secure, host, port, basePath: '' });
  const transport = new NodeTransport({ secure, host, port, tls, limits });
  try {
    const target = `${path.replace(/\/+$/, '')}/config`;
    const asked = { method: 'GET', target, headers: [], isTransfer: false, signal } as const;
    const { status, body } = await transport.request(asked);
    const said = `${byteStringToText(host)} answers ${status} to ${byteStringToText(target)}`;
    if (status !== 200) {
      await body[Symbol.asyncIterator]().return?.();
      if (status < 400 || status >= 500 || comeAgain.has(status)) throw new AnnexError('peer', said);
      return { type: 'no-annex', why: said };
    }
    const config = await readConfig(await collect(limited(body)), repository);
    return config === undefined
      ? { type: 'no-annex', why: `${said} with what is no configuration of git` }
      : { type: 'config', config };
  } finally {
    transport.close();
  }
}

/** The host of an http or https URL, without brackets. */
export function webHost(url: ByteString): string | undefined {
  const match = webUrlPattern.exec(url);
  return match?.[2] ?? match?.[3];
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
/** Unauthorized, Proxy Authentication Required, Request Timeout, Too Early, Too Many Requests. */
const comeAgain: ReadonlySet<number> = new Set([401, 407, 408, 425, 429]);
