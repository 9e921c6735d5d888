/**
 * Presence logs: `CLOCK SP STATUS SP INFO`, whether each of many things is there.
 *
 *     1795351096s 1 0af5ae83-3a61-4cc2-9483-32dad72d789a
 *
 * STATUS is `1` present, `0` missing, `X` dead (once there, known to be lost). The newest line of each INFO counts; of
 * several with one clock the EARLIER line of the file, the other way round than in all other logs. After a union merge
 * that is the missing one, since lines are sorted then.
 */

import { compareByteStrings, type ByteString } from '../../util/byte-string.ts';
import { formatLogLines, logLines } from '../log-lines.ts';
import {
  advanceVectorClock,
  formatVectorClock,
  parseVectorClock,
  type VectorClock,
} from '../vector-clock.ts';

export type PresenceStatus = 'present' | 'missing' | 'dead';

export interface PresenceEntry {
  readonly clock: VectorClock;
  readonly status: PresenceStatus;
}

/** The current entry of each info, in the order in which git-annex lists and writes them: by the bytes of the info. */
export type PresenceLog = ReadonlyMap<ByteString, PresenceEntry>;

/** Lines that do not parse are left out. */
export function parsePresenceLog(content: ByteString): PresenceLog {
  const log = new Map<ByteString, PresenceEntry>();
  for (const line of logLines(content)) {
    const clockEnd = line.indexOf(' ');
    if (clockEnd === -1 || line[clockEnd + 2] !== ' ') continue;
    const clock = parseVectorClock(line.slice(0, clockEnd));
    const status = statusByLetter[line[clockEnd + 1] ?? ''];
    if (clock === undefined || status === undefined) continue;
    const info = line.slice(clockEnd + 3);
    const existing = log.get(info);
    if (existing === undefined || clock > existing.clock) log.set(info, { clock, status });
  }
  return new Map([...log].sort(([left], [right]) => compareByteStrings(left, right)));
}

/** One line for each info, sorted by info. */
export function formatPresenceLog(log: PresenceLog): ByteString {
  const sorted = [...log].sort(([left], [right]) => compareByteStrings(left, right));
  return formatLogLines(
    sorted.map(([info, { clock, status }]) => `${formatVectorClock(clock)} ${letters[status]} ${info}`),
  );
}

/** The infos that are present, sorted. */
export function presentInfos(log: PresenceLog): ByteString[] {
  return [...log].filter(([, { status }]) => status === 'present').map(([info]) => info);
}

/**
 * The whole file after some infos changed; undefined where each has the wanted status already. What is missing from
 * the log is not the same as being logged as missing: that is written, as git-annex does.
 */
export function changePresenceLog(
  content: ByteString,
  change: { readonly statuses: ReadonlyMap<ByteString, PresenceStatus>; readonly now: VectorClock },
): ByteString | undefined {
  const log = new Map(parsePresenceLog(content));
  let changed = false;
  for (const [info, status] of change.statuses) {
    const existing = log.get(info);
    if (existing?.status === status) continue;
    log.set(info, { clock: advanceVectorClock(existing?.clock, change.now), status });
    changed = true;
  }
  return changed ? formatPresenceLog(log) : undefined;
}

const letters: Readonly<Record<PresenceStatus, string>> = { present: '1', missing: '0', dead: 'X' };
const statusByLetter: Readonly<Record<string, PresenceStatus>> = {
  '1': 'present',
  '0': 'missing',
  X: 'dead',
};
