/** Reads back the text that `vicfg` had edited: what it changes, or the text with its errors marked, to be edited again. */

import { AnnexError } from '../../types/annex-error.ts';
import { byteStringToText, textToByteString, type ByteString } from '../../util/byte-string.ts';
import type { Setting } from './setting.ts';
import { settings, trimBlanks, uuidOf } from './settings.ts';
import type { Configuration } from './text.ts';

export interface ConfigurationChange {
  readonly setting: Setting;
  readonly field: ByteString;
  /** In normal form. */
  readonly value: ByteString;
}

export type Edited =
  | { readonly type: 'changes'; readonly changes: readonly ConfigurationChange[] }
  | { readonly type: 'errors'; readonly text: ByteString };

/** @param before what was set when the text was made: only what differs from that is a change */
export function parseEdited(text: ByteString, before: Configuration): Edited {
  const lines: ByteString[] = [];
  const said = new Map<Setting, Map<ByteString, ByteString>>();
  let isGood = true;
  for (const line of text.replace(/\n$/, '').split('\n')) {
    if (isMark(line)) continue;
    try {
      const { setting, field, value } = parseLine(line) ?? {};
      if (setting !== undefined && field !== undefined && value !== undefined)
        said.set(setting, (said.get(setting) ?? new Map<ByteString, ByteString>()).set(field, value));
    } catch (error) {
      if (!(error instanceof AnnexError) || error.code !== 'config') throw error;
      isGood = false;
      lines.push(`${mark}${textToByteString(error.message)}`);
    }
    lines.push(line);
  }
  if (!isGood) return { type: 'errors', text: [...head, ...lines].map((line) => `${line}\n`).join('') };
  return { type: 'changes', changes: [...changesBetween(before, said)] };
}

function* changesBetween(before: Configuration, after: Configuration): Generator<ConfigurationChange> {
  for (const setting of Object.values(settings)) {
    const [old, now] = [before.get(setting), after.get(setting)];
    for (const [field, value] of now ?? [])
      if (value !== (old?.get(field) ?? setting.initial)) yield { setting, field, value };
    if (setting.initial === undefined) continue;
    for (const [field, value] of old ?? []) {
      if (now?.has(field) !== true && value !== setting.initial)
        yield { setting, field, value: setting.initial };
    }
  }
}

/** Undefined for an empty line and a comment. Throws AnnexError('config') for what makes no sense. */
function parseLine(text: ByteString): ConfigurationChange | undefined {
  const line = trimBlanks(text);
  if (line === '' || line.startsWith('#')) return undefined;
  const [, name = '', rest = ''] = /^([^ \t]*)[ \t]*(.*)$/.exec(line) ?? [];
  const equals = rest.indexOf('=');
  const field = trimBlanks(equals === -1 ? rest : rest.slice(0, equals));
  const value = equals === -1 ? '' : trimBlanks(rest.slice(equals + 1));
  if (field === '') throw new AnnexError('config', 'missing field');
  const setting = Object.values<Setting>(settings).find((one) => one.name === name);
  if (setting === undefined) throw new AnnexError('config', `unknown setting "${byteStringToText(name)}"`);
  const parsed = setting.parse(value);
  checkField(setting, field);
  return { setting, field, value: parsed };
}

function checkField({ of }: Setting, field: ByteString): void {
  if (of === 'repository') uuidOf(field);
  else if (of === 'default' && field !== 'default')
    throw new AnnexError('config', `the only field is "default", not "${byteStringToText(field)}"`);
  else if (/[ \t]/.test(field))
    throw new AnnexError('config', `"${byteStringToText(field)}" is more than one word`);
}

function isMark(line: ByteString): boolean {
  return line.startsWith(mark) || head.includes(line);
}

const mark = '# ** Parse error in next line: ';
const head: readonly ByteString[] = [
  '# ** There was a problem parsing your input!',
  '# ** Search for "Parse error" to find the bad lines.',
  '# ** Either fix the bad lines, or delete them (to discard your changes).',
];
