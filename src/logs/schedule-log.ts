/**
 * schedule.log: what the assistant of each repository does when, as git-annex's page "git-annex-schedule" writes it.
 *
 *     42bf2035-0636-461d-a367-49e9dfd361dd fsck self 30m every day at any time; fsck self 1h every week at any time timestamp=1s
 *
 * Activities are kept as text: nothing here runs them.
 */

import type { ByteString } from '../util/byte-string.ts';
import { AnnexError } from '../types/annex-error.ts';
import type { UUID } from '../types/uuid.ts';
import { rawValue, valuesByUUID } from './family/keyed-log.ts';
import { changeOldUUIDLog, parseOldUUIDLog } from './family/old-uuid-log.ts';
import { checkLogText, checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** The activities of each repository, in the log's order. */
export function parseScheduleLog(content: ByteString): Map<UUID, ByteString[]> {
  const texts = valuesByUUID(parseOldUUIDLog(content, rawValue));
  return new Map([...texts].map(([uuid, text]) => [uuid, text === '' ? [] : text.split(separator)]));
}

/** The whole file after a change. */
export function changeScheduleLog(
  content: ByteString,
  change: { readonly uuid: UUID; readonly activities: readonly ByteString[]; readonly nowSeconds: number },
): ByteString {
  if (change.activities.some((activity) => activity === '' || activity.includes(separator))) {
    throw new AnnexError('config', 'a scheduled activity may not be empty and may not contain "; "');
  }
  return changeOldUUIDLog(content, {
    field: checkLogWord(change.uuid, 'a UUID'),
    value: checkLogText(change.activities.join(separator), 'a scheduled activity'),
    now: vectorClockFromSeconds(change.nowSeconds),
    format: rawValue,
  });
}

const separator = '; ';
