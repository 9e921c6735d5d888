/** The options of `metadata` that change something: kept in the order in which they were given, since the last counts. */

import type { Command } from 'commander';
import { isMetaDataField, type MetaDataEdit } from '../logs/metadata-edit.ts';
import { AnnexError } from '../types/annex-error.ts';
import { textToByteString, type ByteString } from '../util/byte-string.ts';

/** Adds the options; they are collected in `edits` when a command line is parsed. */
export function withEdits(command: Command, edits: MetaDataEdit[]): Command {
  const collect = (parse: (text: string) => MetaDataEdit) => (text: string) => void edits.push(parse(text));
  return command
    .option(
      '-s, --set <field=value>',
      'set a field in place of its values; += adds one, -= removes one, ?= sets one where there is none',
      collect(parseSet),
    )
    .option('-r, --remove <field>', 'remove all values of a field', collect(parseRemove))
    .option('-t, --tag <tag>', 'set a tag', collect(tagEdit('add')))
    .option('-u, --untag <tag>', 'remove a tag', collect(tagEdit('remove')))
    .option('--remove-all', 'remove all metadata')
    .on('option:remove-all', () => void edits.push({ type: 'remove-all' }));
}

/** Throws AnnexError('config') in git-annex's words for a name that no field can have. */
export function metaDataField(text: string): ByteString {
  const field = textToByteString(text);
  if (!isMetaDataField(field)) throw new AnnexError('config', `Illegal metadata field name, "${text}"`);
  return field;
}

/** As `metaDataField`, of the value of an option. */
export function fieldOption(option: string, text: string): ByteString {
  try {
    return metaDataField(text);
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    throw new AnnexError('config', `option ${option}: ${error.message}`, { cause: error });
  }
}

function parseSet(text: string): MetaDataEdit {
  const [, name = '', operator = '', value = ''] = /^([^=]*?)([-+?]?)(?:=([^]*))?$/.exec(text) ?? [];
  const type = text.includes('=') ? (operators.get(operator) ?? 'set') : 'set';
  const field = fieldOption('-s', text.includes('=') ? name : text);
  return { type, field, value: textToByteString(value) };
}

function parseRemove(text: string): MetaDataEdit {
  return { type: 'remove-field', field: fieldOption('-r', text) };
}

function tagEdit(type: 'add' | 'remove'): (text: string) => MetaDataEdit {
  return (text) => ({ type, field: 'tag', value: textToByteString(text) });
}

const operators = new Map([
  ['+', 'add'],
  ['-', 'remove'],
  ['?', 'set-if-unset'],
] as const) as ReadonlyMap<string, 'add' | 'remove' | 'set-if-unset'>;
