/** One item of `metadata`: its change, and what is told of it. */

import { keyLogPath } from '../logs/branch-path.ts';
import { foldFieldName } from '../logs/family/metadata-log.ts';
import { changeOfEdits, type MetaDataEdit } from '../logs/metadata-edit.ts';
import { changeMetaDataLog, parseMetaDataLog, parseMetaDataWithTimes } from '../logs/metadata-log.ts';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import type { Key } from '../types/key.ts';
import { byteStringToText, compareByteStrings, type ByteString } from '../util/byte-string.ts';
import type { MatchedItem } from './matching/matched-item.ts';
import { quotePath } from './quote-path.ts';
import type { ItemResult, Report } from './report.ts';

/** Changes one item's metadata and reports what it has then. */
export type ShowMetaData = (
  item: MatchedItem,
  input: readonly string[],
  edits: readonly MetaDataEdit[],
) => Promise<void>;

export function metadataShower(annex: OpenAnnex, report: Report, quoteNonASCII: boolean): ShowMetaData {
  return async ({ key, file }, input, edits) => {
    await report.item(quotePath(file?.path ?? key, { quoteNonASCII }), input, async () => {
      const path = await metadataPath(annex, key);
      await annex.branch.change(path, (old = '') => {
        const change = changeOfEdits(parseMetaDataLog(old), edits);
        return change && changeMetaDataLog(old, { ...change, nowSeconds: annex.nowSeconds() });
      });
      return result({ key, file }, (await annex.branch.read(path)) ?? '');
    });
  };
}

function result({ key, file }: MatchedItem, content: ByteString): ItemResult {
  const fields = [...parseMetaDataWithTimes(content)].sort(([left], [right]) =>
    compareByteStrings(foldFieldName(left), foldFieldName(right)),
  );
  const lines = fields.flatMap(([name, values]) =>
    values.map((value) => byteStringToText(`${name}=${value}\n`)),
  );
  const json = fields
    .map(([name, values]) => [byteStringToText(name), values.map(byteStringToText)] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const note = lines.join('');
  return {
    success: true,
    note: note === '' ? '\n\n' : `\n${note.replace(/^(?=.)/gm, '  ')}`,
    fields: {
      fields: Object.fromEntries(json),
      ...(file === undefined ? {} : { file: byteStringToText(file.path) }),
      key: byteStringToText(key),
      note,
    },
  };
}

export async function metadataPath({ locations }: OpenAnnex, key: Key): Promise<ByteString> {
  return keyLogPath(key, { log: 'metadata', oneLevel: await locations.oneLevel() });
}
