/**
 * `annexus metadata --batch --json`: each line of standard input is a JSON object like those that are printed.
 *
 *     {"file":"foo"}      {"key":"SHA256--…"}      {"file":"foo","fields":{"author":["bar"],"year":[]}}
 *
 * `fields` are set in place of all values that they had. A file that is not annexed is answered with an empty line; a line
 * that makes no sense ends the command.
 */

import type { MetaDataEdit } from '../logs/metadata-edit.ts';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { AnnexError } from '../types/annex-error.ts';
import { parseKey, type Key } from '../types/key.ts';
import { textToByteString } from '../util/byte-string.ts';
import { batchLines } from './batch-lines.ts';
import { fileNamed } from './items.ts';
import type { ShowMetaData } from './metadata-item.ts';
import { metaDataField } from './metadata-options.ts';
import type { Terminal } from './terminal.ts';

export async function metadataBatch({
  annex,
  terminal,
  show,
}: {
  readonly annex: OpenAnnex;
  readonly terminal: Terminal;
  readonly show: ShowMetaData;
}): Promise<void> {
  for await (const line of batchLines(terminal, { endsWithNUL: false })) {
    const { key, file, edits } = parseLine(line);
    const item = key === undefined ? await fileNamed(annex, { cwd: terminal.cwd, path: file }) : { key };
    if (item === undefined) terminal.out('\n');
    else await show(item, [line], edits);
  }
}

interface BatchLine {
  readonly key: Key | undefined;
  readonly file: string;
  readonly edits: readonly MetaDataEdit[];
}

function parseLine(line: string): BatchLine {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) throw new AnnexError('config', 'not a JSON object');
    const { key, file, fields = {} }: { key?: unknown; file?: unknown; fields?: unknown } = value;
    const edits = parseFields(fields);
    if (typeof key === 'string') return { key: keyOf(key), file: '', edits };
    if (typeof file === 'string') return { key: undefined, file, edits };
    throw new AnnexError('config', 'JSON input is missing either file or key');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AnnexError('config', `Batch input parse failure: ${reason}`, { cause: error });
  }
}

function keyOf(text: string): Key {
  const key = parseKey(textToByteString(text));
  if (key === undefined) throw new AnnexError('config', `not a key: ${text}`);
  return key;
}

function parseFields(fields: unknown): readonly MetaDataEdit[] {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new AnnexError('config', 'fields is not an object');
  return Object.entries(fields).flatMap(([name, values]: [string, unknown]): MetaDataEdit[] => {
    const field = metaDataField(name);
    if (!Array.isArray(values) || !values.every((value) => typeof value === 'string'))
      throw new AnnexError('config', `the values of ${name} are not a list of texts`);
    return [
      { type: 'remove-field', field },
      ...values.map((value) => ({ type: 'add', field, value: textToByteString(value) }) as const),
    ];
  });
}
