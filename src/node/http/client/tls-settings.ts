/**
 * Git's settings of TLS for a server: http.sslCAInfo and http.sslVerify with their forms for one URL (http.URL.sslCAInfo),
 * and the variables of the environment that go before them.
 */

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AnnexUrl } from '../../../p2p/http/client/annex-url.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import { bytesToByteString, byteStringToText } from '../../../util/byte-string.ts';
import { parseGitBool } from '../../git/git-config.ts';
import type { GitRepository } from '../../git/git-repository.ts';
import type { TLSOptions } from './node-transport.ts';

export async function tlsSettings(
  repository: Pick<GitRepository, 'run' | 'gitDir'>,
  { secure, host, port, basePath }: Pick<AnnexUrl, 'secure' | 'host' | 'port' | 'basePath'>,
): Promise<TLSOptions> {
  if (!secure) return {};
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}${basePath}/`;
  const listed = await repository.run(['config', '--null', '--get-urlmatch', 'http', url], { allow: [0, 1] });
  const settings = new Map<string, string>();
  for (const entry of bytesToByteString(listed.stdout).split('\0')) {
    const end = entry.indexOf('\n');
    settings.set(end === -1 ? entry : entry.slice(0, end), end === -1 ? 'true' : entry.slice(end + 1));
  }
  const file = process.env['GIT_SSL_CAINFO'] ?? settings.get('http.sslcainfo');
  const isOff = process.env['GIT_SSL_NO_VERIFY'] !== undefined;
  return {
    verify: !isOff && parseGitBool(settings.get('http.sslverify') ?? 'true') !== false,
    ca: file === undefined || file === '' ? undefined : await readCertificates(file, repository.gitDir),
  };
}

async function readCertificates(file: string, base: string): Promise<string> {
  const text = byteStringToText(file);
  const path = text.startsWith('~/') ? join(homedir(), text.slice(2)) : resolve(base, text);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new AnnexError('config', `the certificates of http.sslCAInfo cannot be read: ${path}`, {
      cause: error,
    });
  }
}
