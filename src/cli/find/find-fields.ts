/** What `find` tells of a key and its file, in `--json` and by the variables of `--format`. */

import { hashDirLower, hashDirMixed } from '../../types/hash-dirs.ts';
import { keyFields, keyName, keySizeBytes, keyVariety } from '../../types/key.ts';
import { byteStringToText, type ByteString } from '../../util/byte-string.ts';
import type { MatchedItem } from '../matching/matched-item.ts';
import { sizeText } from '../size-text.ts';

/** In the order of git-annex's JSON. */
export function findFields({ key, file }: MatchedItem): ReadonlyMap<ByteString, ByteString> {
  const sizeBytes = keySizeBytes(key);
  return new Map([
    ['backend', keyVariety(key)],
    ['bytesize', sizeBytes === undefined ? unknown : String(sizeBytes)],
    ['file', file?.path ?? key],
    ['hashdirlower', hashDirLower(key)],
    ['hashdirmixed', hashDirMixed(key)],
    ['humansize', sizeBytes === undefined ? unknown : sizeText(sizeBytes, { short: true })],
    ['key', key],
    ['keyname', keyName(key)],
    ['mtime', String(keyFields(key).mtime ?? unknown)],
  ]);
}

/** One line of `find --json`. */
export function findJSON(item: MatchedItem): string {
  const found = [...findFields(item)].map(([name, value]) => [name, byteStringToText(value)]);
  const members = [...found, ['error-messages', []]].sort(([left = ''], [right = '']) =>
    left < right ? -1 : 1,
  );
  return JSON.stringify(Object.fromEntries(members));
}

const unknown = 'unknown';
