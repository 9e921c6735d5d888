/**
 * trust.log: the trust level of each repository.
 *
 *     468a6a9f-0d4f-4aee-a5f7-c2fb44e4e2e2 1 timestamp=1795351094s
 *
 * `1` trusted, `?` semitrusted, `0` untrusted, `X` dead; nothing at all is trusted, as the oldest versions wrote it. Any
 * other single character is semitrusted too, and a line with a longer text is as if it were not there.
 */

import type { ByteString } from '../util/byte-string.ts';
import type { TrustLevel } from '../types/trust-level.ts';
import type { UUID } from '../types/uuid.ts';
import { valuesByUUID, type ValueFormat } from './family/keyed-log.ts';
import { changeOldUUIDLog, parseOldUUIDLog } from './family/old-uuid-log.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** The repositories that have a trust level of their own. */
export function parseTrustLog(content: ByteString): Map<UUID, TrustLevel> {
  return valuesByUUID(parseOldUUIDLog(content, trustValue));
}

/** The dead repositories, whose locations count for nothing. */
export function deadUUIDs(content: ByteString): Set<UUID> {
  return new Set([...parseTrustLog(content)].filter(([, level]) => level === 'dead').map(([uuid]) => uuid));
}

/** The whole file after a change. */
export function changeTrustLog(
  content: ByteString,
  change: { readonly uuid: UUID; readonly trust: TrustLevel; readonly nowSeconds: number },
): ByteString {
  return changeOldUUIDLog(content, {
    field: checkLogWord(change.uuid, 'a UUID'),
    value: change.trust,
    now: vectorClockFromSeconds(change.nowSeconds),
    format: trustValue,
  });
}

const letters: Readonly<Record<TrustLevel, string>> = {
  trusted: '1',
  semitrusted: '?',
  untrusted: '0',
  dead: 'X',
};

const levels: ReadonlyMap<string, TrustLevel> = new Map([
  ['1', 'trusted'],
  ['', 'trusted'],
  ['0', 'untrusted'],
  ['X', 'dead'],
]);

const trustValue: ValueFormat<TrustLevel> = {
  parse: (text) => levels.get(text) ?? (text.length === 1 ? 'semitrusted' : undefined),
  format: (level) => letters[level],
};
