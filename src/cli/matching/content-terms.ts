/** Terms about content that is in this repository: its type, and when it was read last. Of other content they are false. */

import { stat } from 'node:fs/promises';
import type { OpenAnnex } from '../../node/annex/open-annex.ts';
import { parseGlob } from '../../preferred-content/glob.ts';
import type { Key } from '../../types/key.ts';
import { textToByteString, type ByteString } from '../../util/byte-string.ts';
import { parseDuration } from './duration.ts';
import type { FileTypeKind } from './file-type.ts';
import type { MatchTerm } from './match-term.ts';
import type { MatchingTools } from './matching-tools.ts';

/** `--mimetype` and `--mimeencoding`. */
export function fileTypeTerm(
  kind: FileTypeKind,
  glob: string,
  { annex, fileType }: MatchingTools,
): MatchTerm {
  const matches = parseGlob(textToByteString(glob));
  return {
    needs: [],
    matches: async ({ key }) => {
      const object = await objectPath(annex, key);
      return object !== undefined && matches(await fileType.of(object, kind));
    },
  };
}

/** `--accessedwithin`. */
export function accessedWithinTerm(interval: string, { annex }: MatchingTools): MatchTerm {
  const seconds = parseDuration(interval);
  const nowSeconds = annex.nowSeconds();
  return {
    needs: [],
    matches: async ({ key }) => {
      const object = await objectPath(annex, key);
      if (object === undefined) return false;
      const { atimeMs } = await stat(Buffer.from(object, 'latin1'));
      return nowSeconds - atimeMs / 1000 <= seconds;
    },
  };
}

async function objectPath(annex: OpenAnnex, key: Key): Promise<ByteString | undefined> {
  return (await annex.remote.repository.findObject(key))?.object;
}
