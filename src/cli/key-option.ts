/** What is given with `--key`. */

import { AnnexError } from '../types/annex-error.ts';
import { parseKey, type Key } from '../types/key.ts';
import { textToByteString } from '../util/byte-string.ts';

/** Throws AnnexError('config') for what is no key. */
export function keyOption(text: string): Key {
  const key = parseKey(textToByteString(text));
  if (key === undefined) throw new AnnexError('config', `option --key: invalid key: ${text}`);
  return key;
}
