/**
 * Addresses of peers, as git-annex writes them in the URLs of remotes, and the tokens that peers ask for
 * (git-annex's pages special_remotes/tor, special_remotes/p2p, design/generic_p2p_transport; interop reference §4.5).
 *
 *     tor-annex::ADDRESS.onion:PORT        p2p-annex::NETWORK:ADDRESS
 *
 * A token is the first line of a file in `.git/annex/creds/`, named after the address with all but letters and digits
 * percent-encoded, of tor without the port; GIT_ANNEX_P2P_AUTHTOKEN comes first. Tokens are never shown.
 */

import { join } from 'node:path';
import { AnnexError } from '../../types/annex-error.ts';
import {
  byteStringToBytes,
  byteStringToUTF8,
  textToByteString,
  type ByteString,
} from '../../util/byte-string.ts';
import { readFileIfAny } from '../branch/annex-files.ts';

export type P2PAddress =
  | { readonly type: 'tor'; readonly onion: string; readonly port: number }
  | { readonly type: 'network'; readonly network: string; readonly address: string };

/** Undefined for other URLs, and for what could not be given to the network's program. */
export function parseP2PAddress(url: ByteString): P2PAddress | undefined {
  const tor = /^tor-annex::([A-Za-z0-9.-]+):(\d{1,5})$/.exec(url);
  if (tor !== null) {
    const port = Number(tor[2]);
    return port < 1 || port > 65_535 ? undefined : { type: 'tor', onion: tor[1] ?? '', port };
  }
  const network = /^p2p-annex::([A-Za-z0-9][A-Za-z0-9_.-]*):([^-\0].*)$/s.exec(url);
  const address = byteStringToUTF8(network?.[2] ?? '');
  if (network === null || address === undefined || address.includes('\0')) return undefined;
  return { type: 'network', network: network[1] ?? '', address };
}

/** As in the URL, for messages. */
export function p2pAddressText(address: P2PAddress): string {
  return address.type === 'tor'
    ? `tor-annex::${address.onion}:${address.port}`
    : `p2p-annex::${address.network}:${address.address}`;
}

export interface AuthTokenOptions {
  /** Of the repository whose remote it is. */
  readonly gitDir: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** The token to show to a peer; empty where there is none, which some peers take. */
export async function readAuthToken(
  address: P2PAddress,
  { gitDir, environment }: AuthTokenOptions,
): Promise<ByteString> {
  const given = environment['GIT_ANNEX_P2P_AUTHTOKEN'] ?? '';
  const path = textToByteString(join(gitDir, 'annex', 'creds', credsFile(address)));
  const token = given === '' ? ((await readFileIfAny(path))?.split('\n', 1)[0] ?? '').trim() : given;
  if (!/^[\x21-\x7e]*$/.test(token)) {
    throw new AnnexError('config', `the token for ${p2pAddressText(address)} is more than one word`);
  }
  return token;
}

/** The name of the file that `git annex p2p --link` keeps the token in. */
export function credsFile(address: P2PAddress): string {
  const text = address.type === 'tor' ? address.onion : `${address.network}:${address.address}`;
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replaceAll(
      /[^A-Za-z0-9]/g,
      (char) => `%${(byteStringToBytes(char)[0] ?? 0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}
