/**
 * Which settings of a cluster a change of the git-annex branch would change: what `annexus.lockdown` guards.
 *
 * git-annex's design page passthrough_proxy (its section on security) describes the danger: whoever may push to a gateway
 * may push the git-annex branch, and with it take a node out of the cluster, or make all nodes unwanted. Locations,
 * metadata and what is said of repositories that are no part of the cluster are everybody's to change.
 */

import { byteStringToText, type ByteString } from '../util/byte-string.ts';
import type { UUID } from '../types/uuid.ts';
import { parseCopiesLog } from './copies-log.ts';
import { parseMapLog } from './family/map-log.ts';
import { rawValue, type KeyedLog } from './family/keyed-log.ts';
import { parseOldUUIDLog } from './family/old-uuid-log.ts';
import { logLines } from './log-lines.ts';

/** A version of the branch: the content of a file, undefined where there is none. */
export type BranchFiles = (path: ByteString) => ByteString | undefined;

export interface GuardedChange {
  readonly before: BranchFiles;
  readonly after: BranchFiles;
  /** The gateway, its clusters, their nodes, and the other gateways of them. */
  readonly guarded: ReadonlySet<UUID>;
}

/** The files that have guarded settings. */
export const guardedPaths: readonly ByteString[] = [
  'proxy.log',
  'cluster.log',
  'preferred-content.log',
  'required-content.log',
  'group-preferred-content.log',
  'group.log',
  'maxsize.log',
  'trust.log',
  'remote.log',
  'numcopies.log',
  'mincopies.log',
  'transitions.log',
  'difference.log',
];

/** One text for each guarded setting that would be another afterwards, for people to read. */
export function guardedChanges({ before, after, guarded }: GuardedChange): readonly string[] {
  const changes: string[] = [];
  for (const path of guardedPaths) {
    const [old, changed] = [before(path) ?? '', after(path) ?? ''];
    if (old === changed) continue;
    const family = families.get(path);
    if (family === undefined) {
      if (!isSame(path, old, changed)) changes.push(path);
      continue;
    }
    const [oldLog, newLog] = [family.parse(old), family.parse(changed)];
    const doubtful = doubtfulFields(old, changed, { family, guarded });
    for (const field of new Set([...oldLog.keys(), ...newLog.keys(), ...doubtful])) {
      if (family.isByUUID && !guarded.has(field as UUID)) continue;
      if (valueOf(oldLog, field) === valueOf(newLog, field) && !doubtful.has(field)) continue;
      changes.push(`${path} of ${byteStringToText(field)}`);
    }
  }
  return changes;
}

/**
 * Fields with a new line that another reader might prefer to the one that counts here: one with the same clock, since the
 * order of lines is not kept by merges, or one whose clock is none to us.
 */
function doubtfulFields(
  old: ByteString,
  changed: ByteString,
  { family, guarded }: { readonly family: Family; readonly guarded: ReadonlySet<UUID> },
): ReadonlySet<ByteString> {
  const known = new Set(logLines(old));
  const current = family.parse(changed);
  const doubtful = new Set<ByteString>();
  for (const line of logLines(changed)) {
    if (known.has(line)) continue;
    const parsed = [...family.parse(line)];
    const [[field, entry] = [line, undefined]] = parsed;
    if (entry?.clock === undefined) {
      if (!family.isByUUID) doubtful.add(field);
      for (const uuid of guarded) if (line.includes(uuid)) doubtful.add(uuid);
      continue;
    }
    const counting = current.get(field);
    if (counting?.clock === entry.clock && counting.value !== entry.value) doubtful.add(field);
  }
  return doubtful;
}

interface Family {
  readonly parse: (content: ByteString) => KeyedLog<ByteString>;
  /** Otherwise every field counts: they are names of groups. */
  readonly isByUUID: boolean;
}

const oldUUID: Family = { parse: (content) => parseOldUUIDLog(content, rawValue), isByUUID: true };
const newUUID: Family = { parse: (content) => parseMapLog(content, rawValue), isByUUID: true };

const families: ReadonlyMap<ByteString, Family> = new Map([
  ['proxy.log', newUUID],
  ['cluster.log', newUUID],
  ['maxsize.log', newUUID],
  ['preferred-content.log', oldUUID],
  ['required-content.log', oldUUID],
  ['group.log', oldUUID],
  ['trust.log', oldUUID],
  ['remote.log', oldUUID],
  ['group-preferred-content.log', { ...newUUID, isByUUID: false }],
]);

/** Undefined where there is no line; an empty value is one (in trust.log it means trusted). */
function valueOf(log: KeyedLog<ByteString>, field: ByteString): ByteString | undefined {
  return log.get(field)?.value;
}

/** The logs that are not keyed: a number, or a set of lines. */
function isSame(path: ByteString, old: ByteString, changed: ByteString): boolean {
  const [ours, theirs] = [new Set(logLines(old)), new Set(logLines(changed))];
  if (path === 'numcopies.log' || path === 'mincopies.log') {
    // A line that says nothing to us may say something to others.
    const isClear = [...theirs].every((line) => ours.has(line) || parseCopiesLog(line) !== undefined);
    return isClear && parseCopiesLog(old) === parseCopiesLog(changed);
  }
  return ours.size === theirs.size && [...ours].every((line) => theirs.has(line));
}
