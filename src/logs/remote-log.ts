/**
 * remote.log: the special remotes and their configuration, as far as all repositories share it.
 *
 *     b0e4a47c-f084-461f-91bf-9e8cbf8c901c chunk=4 encryption=none name=ch type=directory timestamp=1795351094s
 *
 * Whitespace and `&` in values are written as `&CODEPOINT;`. A remote that is another one in another guise has
 * `sameas-uuid`: it shares the UUID and the encryption of that one, while its line is under a UUID of its own (its
 * config UUID) and its name in `sameas-name`.
 */

import { compareByteStrings, textToByteString, type ByteString } from '../util/byte-string.ts';
import { byteStringToText } from '../util/byte-string.ts';
import { AnnexError } from '../types/annex-error.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import { valuesByUUID, type ValueFormat } from './family/keyed-log.ts';
import { changeOldUUIDLog, parseOldUUIDLog } from './family/old-uuid-log.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** Settings of a special remote by name. */
export type RemoteConfig = ReadonlyMap<ByteString, ByteString>;

/** The configuration of each special remote by its config UUID, as logged. */
export function parseRemoteLog(content: ByteString): Map<UUID, RemoteConfig> {
  return valuesByUUID(parseOldUUIDLog(content, configWords));
}

export interface SpecialRemote {
  /** Whose line of remote.log it is. */
  readonly configUUID: UUID;
  /** The UUID that location logs name. Another's, where the remote is the same as that. */
  readonly uuid: UUID;
  readonly name: ByteString | undefined;
  /** With what it inherits. */
  readonly config: RemoteConfig;
}

/** The special remotes, with what those that are the same as another one inherit from it. */
export function specialRemotes(configs: ReadonlyMap<UUID, RemoteConfig>): SpecialRemote[] {
  return [...configs].map(([configUUID, own]) => {
    const uuid = parseUUID(own.get('sameas-uuid') ?? '') ?? configUUID;
    const parent = uuid === configUUID ? undefined : configs.get(uuid);
    const inherited = [...(parent ?? [])].filter(([field]) => inheritedFields.has(field));
    const name = own.get('sameas-name') ?? own.get('name');
    return { configUUID, uuid, name, config: new Map([...own, ...inherited]) };
  });
}

export interface RemoteChange {
  /** The config UUID. */
  readonly uuid: UUID;
  /** All settings from now on, without those that are local to one repository and without secrets. */
  readonly config: RemoteConfig;
  readonly nowSeconds: number;
}

/** The whole file after a change. */
export function changeRemoteLog(content: ByteString, change: RemoteChange): ByteString {
  for (const field of change.config.keys()) {
    checkLogWord(field, 'the name of a setting');
    if (field.includes('='))
      throw new AnnexError('config', `the name of a setting, ${field}, may not contain "="`);
  }
  return changeOldUUIDLog(content, {
    field: checkLogWord(change.uuid, 'a UUID'),
    value: change.config,
    now: vectorClockFromSeconds(change.nowSeconds),
    format: configWords,
  });
}

function parseConfig(text: ByteString): RemoteConfig {
  const config = new Map<ByteString, ByteString>();
  for (const word of text.split(whitespace)) {
    if (word === '') continue;
    const equals = word.indexOf('=');
    if (equals === -1) config.set(word, '');
    else config.set(word.slice(0, equals), unescapeValue(word.slice(equals + 1)));
  }
  return config;
}

function formatConfig(config: RemoteConfig): ByteString {
  return [...config]
    .sort(([left], [right]) => compareByteStrings(left, right))
    .map(([field, value]) => `${field}=${escapeValue(value)}`)
    .join(' ');
}

function escapeValue(value: ByteString): ByteString {
  return value.replace(escapeNeeded, (bytes) => `&${byteStringToText(bytes).codePointAt(0) ?? 0};`);
}

/** What is no character of Unicode stays as it is. */
function unescapeValue(text: ByteString): ByteString {
  return text.replace(/&(\d{1,7});/g, (escape, digits: string) => {
    const code = Number(digits);
    const isCharacter = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    return isCharacter ? textToByteString(String.fromCodePoint(code)) : escape;
  });
}

// Unicode's spaces in UTF-8: git-annex splits words at them, too.
const spaces =
  '[\\t-\\r ]|\\xc2\\xa0|\\xe1\\x9a\\x80|\\xe2\\x80[\\x80-\\x8a\\xaf]|\\xe2\\x81\\x9f|\\xe3\\x80\\x80';
const whitespace = new RegExp(spaces);
const escapeNeeded = new RegExp(`&|${spaces}`, 'g');

const inheritedFields: ReadonlySet<ByteString> = new Set([
  'encryption',
  'mac',
  'cipher',
  'cipherkeys',
  'pubkeys',
  'chunksize',
  'chunk',
]);

const configWords: ValueFormat<RemoteConfig> = { parse: parseConfig, format: formatConfig };
