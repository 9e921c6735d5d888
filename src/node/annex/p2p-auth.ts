/**
 * Who may connect by a P2P address: the tokens in `annex/creds/p2pauth`, and the addresses of this repository in
 * `annex/creds/p2paddrs`, as `git annex p2p` writes them. A line of the first is a token, perhaps followed by the address
 * that it is for.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { textToByteString, type ByteString } from '../../util/byte-string.ts';
import { readFileIfAny } from '../branch/annex-files.ts';

/** The tokens, in lower case: they have no case. None where the file is missing. */
export async function readAuthTokens(annexDirectory: string): Promise<readonly ByteString[]> {
  const text = await readCreds(annexDirectory, 'p2pauth');
  return text.split('\n').flatMap((line) => {
    const [token = ''] = line.trim().split(/\s/);
    return /^[A-Za-z0-9]+$/.test(token) ? [token.toLowerCase()] : [];
  });
}

/** The addresses that this repository is reached by, e.g. `p2p-annex::yggstack+ADDRESS`. */
export async function readOwnAddresses(annexDirectory: string): Promise<readonly ByteString[]> {
  const text = await readCreds(annexDirectory, 'p2paddrs');
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** Takes as long for a wrong token as for a right one. */
export function isAuthToken(tokens: readonly ByteString[], shown: ByteString): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'latin1').digest();
  const wanted = digest(shown.toLowerCase());
  let found = false;
  for (const token of tokens) found = timingSafeEqual(digest(token), wanted) || found;
  return found;
}

async function readCreds(annexDirectory: string, name: string): Promise<ByteString> {
  return (await readFileIfAny(textToByteString(join(annexDirectory, 'creds', name)))) ?? '';
}
