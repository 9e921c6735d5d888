/**
 * activity.log: when each repository last did something worth remembering, which so far is only a complete fsck.
 *
 *     42bf2035-0636-461d-a367-49e9dfd361dd Fsck timestamp=1422387398.30395s
 *
 * An activity that this version does not know is kept as it stands.
 */

import type { ByteString } from '../util/byte-string.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import type { ValueFormat } from './family/keyed-log.ts';
import { changeOldUUIDLog, parseOldUUIDLog } from './family/old-uuid-log.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds, type VectorClock } from './vector-clock.ts';

export interface Activity {
  /** `Fsck`, or what a newer git-annex wrote. */
  readonly activity: ByteString;
  readonly clock: VectorClock | undefined;
}

/** The last activity of each repository. */
export function parseActivityLog(content: ByteString): Map<UUID, Activity> {
  const activities = new Map<UUID, Activity>();
  for (const [field, { clock, value }] of parseOldUUIDLog(content, activityValue)) {
    const uuid = parseUUID(field);
    if (uuid !== undefined && value !== '') activities.set(uuid, { activity: value, clock });
  }
  return activities;
}

/** The whole file after a repository did something. */
export function changeActivityLog(
  content: ByteString,
  change: { readonly uuid: UUID; readonly activity: 'Fsck'; readonly nowSeconds: number },
): ByteString {
  return changeOldUUIDLog(content, {
    field: checkLogWord(change.uuid, 'a UUID'),
    value: change.activity,
    now: vectorClockFromSeconds(change.nowSeconds),
    format: activityValue,
  });
}

/** What follows an activity that it knows, git-annex passes over. */
const activityValue: ValueFormat<ByteString> = {
  parse: (text) => (/^[ \t]*Fsck(?![\w'])/.test(text) ? 'Fsck' : text),
  format: (activity) => activity,
};
