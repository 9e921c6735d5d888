/**
 * The settings that `vicfg` shows and changes, one log each: how their values read in the edited text, in a normal form
 * that tells whether something was changed, and what becomes of one whose line was removed.
 */

import { changeConfigLog } from '../../logs/config-log.ts';
import { changeCopiesLog, parseCopiesLog } from '../../logs/copies-log.ts';
import { rawValue, type KeyedLog } from '../../logs/family/keyed-log.ts';
import { parseMapLog } from '../../logs/family/map-log.ts';
import { parseOldUUIDLog } from '../../logs/family/old-uuid-log.ts';
import { changeGroupLog, parseGroupLog } from '../../logs/group-log.ts';
import { changeGroupPreferredContentLog } from '../../logs/group-preferred-content-log.ts';
import { parseHaskellInteger } from '../../logs/haskell-integer.ts';
import { changeMaxSizeLog, parseMaxSizeLog } from '../../logs/max-size-log.ts';
import { changePreferredContentLog } from '../../logs/preferred-content-log.ts';
import { changeScheduleLog } from '../../logs/schedule-log.ts';
import { parseSchedule } from '../../logs/scheduled-activity.ts';
import { changeTrustLog, parseTrustLog } from '../../logs/trust-log.ts';
import { changeUUIDLog, parseUUIDLog } from '../../logs/uuid-log.ts';
import { sortedWords } from '../../logs/words.ts';
import { parseExpression } from '../../preferred-content/parse-expression.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { TrustLevel } from '../../types/trust-level.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import { byteStringToText, type ByteString } from '../../util/byte-string.ts';
import { exactSizeText, parseExactSize } from './exact-size-text.ts';
import type { Setting } from './setting.ts';

const trust: Setting = {
  name: 'trust',
  log: 'trust.log',
  of: 'repository',
  initial: 'semitrusted',
  read: parseTrustLog,
  parse: (value) => {
    if (isTrustLevel(value)) return value;
    throw new AnnexError('config', `unknown trust value "${byteStringToText(value)}"`);
  },
  compare: (left, right) => trustOrder.indexOf(left) - trustOrder.indexOf(right),
  change: (content, { field, value, nowSeconds }) =>
    isTrustLevel(value)
      ? changeTrustLog(content, { uuid: uuidOf(field), trust: value, nowSeconds })
      : content,
};

const group: Setting = {
  name: 'group',
  log: 'group.log',
  of: 'repository',
  initial: '',
  read: (content) => new Map([...parseGroupLog(content)].map(([uuid, groups]) => [uuid, joinWords(groups)])),
  parse: (value) => joinWords(wordsOf(value)),
  change: (content, { field, value, nowSeconds }) =>
    changeGroupLog(content, { uuid: uuidOf(field), groups: wordsOf(value), nowSeconds }),
};

const wanted: Setting = expressionSetting('wanted', 'preferred-content.log');
const required: Setting = expressionSetting('required', 'required-content.log');

function expressionSetting(name: string, log: ByteString): Setting {
  return {
    name,
    log,
    of: 'repository',
    initial: '',
    read: (content) => trimmed(parseOldUUIDLog(content, rawValue)),
    parse: checkedExpression,
    change: (content, { field, value: expression, nowSeconds }) =>
      changePreferredContentLog(content, { uuid: uuidOf(field), expression, nowSeconds }),
  };
}

const groupWanted: Setting = {
  name: 'groupwanted',
  log: 'group-preferred-content.log',
  of: 'group',
  initial: '',
  read: (content) => trimmed(parseMapLog(content, rawValue)),
  parse: checkedExpression,
  change: (content, { field, value: expression, nowSeconds }) =>
    changeGroupPreferredContentLog(content, { group: field, expression, nowSeconds }),
};

const maxSize: Setting = {
  name: 'maxsize',
  log: 'maxsize.log',
  of: 'repository',
  read: (content) =>
    new Map([...parseMaxSizeLog(content)].map(([uuid, size]) => [uuid, exactSizeText(size)])),
  parse: (value) => {
    const size = parseExactSize(byteStringToText(value));
    if (size !== undefined && size >= 0n) return exactSizeText(size);
    throw new AnnexError('config', 'parse error (expected a size such as "100 gb")');
  },
  compare: (left, right) => Number(sizeOf(left) - sizeOf(right)),
  change: (content, { field, value, nowSeconds }) =>
    changeMaxSizeLog(content, { uuid: uuidOf(field), maxSizeBytes: sizeOf(value), nowSeconds }),
};

const schedule: Setting = {
  name: 'schedule',
  log: 'schedule.log',
  of: 'repository',
  initial: '',
  read: (content) => withoutEmpty(trimmed(parseOldUUIDLog(content, rawValue))),
  parse: (value) => parseSchedule(value).join('; '),
  change: (content, { field, value, nowSeconds }) => {
    const activities = value === '' ? [] : value.split('; ');
    return changeScheduleLog(content, { uuid: uuidOf(field), activities, nowSeconds });
  },
};

const numCopies: Setting = copiesSetting('numcopies');
const minCopies: Setting = copiesSetting('mincopies');

function copiesSetting(name: string): Setting {
  return {
    name,
    log: `${name}.log`,
    of: 'default',
    read: (content) => {
      const copies = parseCopiesLog(content);
      return new Map(copies === undefined ? [] : [['default', String(copies)]]);
    },
    parse: (value) => {
      const copies = parseHaskellInteger(value);
      if (copies === undefined) throw new AnnexError('config', 'parse error (expected an integer)');
      if (copies < 1n || copies > maxCopies)
        throw new AnnexError('config', `${copies} is no number of copies`);
      return copies.toString();
    },
    change: (content, { value, nowSeconds }) =>
      changeCopiesLog(content, { copies: Number(value), nowSeconds }),
  };
}

const config: Setting = {
  name: 'config',
  log: 'config.log',
  of: 'config',
  initial: '',
  read: (content) => withoutEmpty(trimmed(parseMapLog(content, rawValue))),
  parse: (value) => value,
  change: (content, { field: name, value, nowSeconds }) =>
    changeConfigLog(content, { name, value, nowSeconds }),
};

/** Not one of git-annex's. */
const description: Setting = {
  name: 'description',
  log: 'uuid.log',
  of: 'repository',
  read: (content) => new Map([...parseUUIDLog(content)].map(([uuid, text]) => [uuid, trimBlanks(text)])),
  parse: (value) => value,
  change: (content, { field, value, nowSeconds }) =>
    changeUUIDLog(content, { uuid: uuidOf(field), description: value, nowSeconds }),
};

type SettingName =
  | 'trust'
  | 'group'
  | 'wanted'
  | 'groupwanted'
  | 'required'
  | 'maxsize'
  | 'schedule'
  | 'numcopies'
  | 'mincopies'
  | 'config'
  | 'description';

export const settings: Readonly<Record<SettingName, Setting>> = {
  trust,
  group,
  wanted,
  groupwanted: groupWanted,
  required,
  maxsize: maxSize,
  schedule,
  numcopies: numCopies,
  mincopies: minCopies,
  config,
  description,
};

/** The UUID that a line is about. Throws AnnexError('config') for what can be none. */
export function uuidOf(field: ByteString): UUID {
  const uuid = parseUUID(field);
  if (uuid === undefined) throw new AnnexError('config', `not a UUID: "${byteStringToText(field)}"`);
  return uuid;
}

function checkedExpression(value: ByteString): ByteString {
  parseExpression(value);
  return value;
}

function trimmed(log: KeyedLog<ByteString>): ReadonlyMap<ByteString, ByteString> {
  return new Map([...log].map(([field, { value }]) => [field, trimBlanks(value)]));
}

function withoutEmpty(values: ReadonlyMap<ByteString, ByteString>): ReadonlyMap<ByteString, ByteString> {
  return new Map([...values].filter(([, value]) => value !== ''));
}

function wordsOf(value: ByteString): ByteString[] {
  return value.split(/[ \t]+/).filter((word) => word !== '');
}

function joinWords(words: Iterable<ByteString>): ByteString {
  return sortedWords(words).join(' ');
}

function sizeOf(value: ByteString): bigint {
  return parseExactSize(value) ?? 0n;
}

function isTrustLevel(value: ByteString): value is TrustLevel {
  return trustOrder.includes(value);
}

/** Blanks at both ends. By bytes: `trim` would take a part of some UTF-8 letters for one. */
export function trimBlanks(text: ByteString): ByteString {
  return text.replace(/^[ \t\r]+|[ \t\r]+$/g, '');
}

const trustOrder: readonly string[] = ['trusted', 'semitrusted', 'untrusted', 'dead'];
const maxCopies = BigInt(Number.MAX_SAFE_INTEGER);
