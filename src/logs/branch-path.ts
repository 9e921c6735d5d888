/**
 * Where things are in the git-annex branch, and what a path of it holds.
 *
 *     e7d/d01/SHA256E-s12--a948904f….txt.log.met      uuid.log      remote/web/e7d/d01/KEYFILE.log
 *
 * Per-key logs are in the key's lower hash directory, named by its KEYFILE with an extension that says which log it is.
 * Repositories tuned with OneLevelBranchHash have one directory level instead of two.
 */

import type { ByteString } from '../util/byte-string.ts';
import { hashDirLower } from '../types/hash-dirs.ts';
import { keyFile, parseKeyFile } from '../types/key-file.ts';
import type { Key } from '../types/key.ts';

/** The kinds of per-key logs. */
export type KeyLog =
  | 'location'
  | 'web'
  | 'remote-state'
  | 'metadata'
  | 'remote-metadata'
  | 'content-identifier'
  | 'chunk'
  | 'equivalent-keys';

/** The extension of each kind of per-key log. */
export const keyLogExtensions: Readonly<Record<KeyLog, ByteString>> = {
  location: '.log',
  web: '.log.web',
  'remote-state': '.log.rmt',
  metadata: '.log.met',
  'remote-metadata': '.log.rmet',
  'content-identifier': '.log.cid',
  chunk: '.log.cnk',
  'equivalent-keys': '.log.ek',
};

/** The files at the top of the branch. */
export type TopLevelLog =
  | 'uuid.log'
  | 'remote.log'
  | 'trust.log'
  | 'group.log'
  | 'preferred-content.log'
  | 'required-content.log'
  | 'group-preferred-content.log'
  | 'schedule.log'
  | 'activity.log'
  | 'difference.log'
  | 'multicast.log'
  | 'numcopies.log'
  | 'mincopies.log'
  | 'config.log'
  | 'export.log'
  | 'proxy.log'
  | 'cluster.log'
  | 'maxsize.log'
  | 'transitions.log';

/** Their names. */
export const topLevelLogs: readonly TopLevelLog[] = [
  'uuid.log',
  'remote.log',
  'trust.log',
  'group.log',
  'preferred-content.log',
  'required-content.log',
  'group-preferred-content.log',
  'schedule.log',
  'activity.log',
  'difference.log',
  'multicast.log',
  'numcopies.log',
  'mincopies.log',
  'config.log',
  'export.log',
  'proxy.log',
  'cluster.log',
  'maxsize.log',
  'transitions.log',
];

export type BranchFile =
  | { readonly type: 'top-level'; readonly log: TopLevelLog }
  | { readonly type: 'key'; readonly log: KeyLog; readonly key: Key }
  /** Read only: where very old versions kept URLs. */
  | { readonly type: 'old-web'; readonly key: Key }
  /** Of a newer git-annex, or not of git-annex. Merges keep it. */
  | { readonly type: 'unknown' };

/** How the branch is laid out; see `parseDifferenceLog`. */
export interface BranchLayout {
  readonly oneLevel: boolean;
}

/** The path of a log of a key. */
export function keyLogPath(
  key: Key,
  { log, oneLevel = false }: { log: KeyLog; oneLevel?: boolean },
): ByteString {
  const directory = oneLevel ? hashDirLower(key).slice(0, oneLevelBytes) : hashDirLower(key);
  return `${directory}${keyFile(key)}${keyLogExtensions[log]}`;
}

/** The path of a key's location log. */
export function locationLogPath(key: Key, layout: BranchLayout = { oneLevel: false }): ByteString {
  return keyLogPath(key, { log: 'location', ...layout });
}

/** The path at which very old versions kept a key's URLs. */
export function oldWebLogPath(key: Key): ByteString {
  return `remote/web/${locationLogPath(key)}`;
}

/** What a path of the branch holds. Hash directories are not checked to be the key's own, as git-annex does not. */
export function parseBranchPath(path: ByteString): BranchFile {
  const topLevel = topLevelLogs.find((log) => log === path);
  if (topLevel !== undefined) return { type: 'top-level', log: topLevel };
  const components = path.split('/');
  const name = components.at(-1) ?? '';
  if (components.length === 5 && path.startsWith('remote/web/')) {
    const key = name.endsWith('.log') ? parseKeyFile(name.slice(0, -'.log'.length)) : undefined;
    return key === undefined ? { type: 'unknown' } : { type: 'old-web', key };
  }
  if (components.length !== 3 && !(components.length === 2 && oneLevelPattern.test(path)))
    return { type: 'unknown' };
  for (const [log, extension] of Object.entries(keyLogExtensions)) {
    if (!name.endsWith(extension)) continue;
    const key = parseKeyFile(name.slice(0, -extension.length));
    if (key !== undefined) return { type: 'key', log: log as KeyLog, key };
  }
  return { type: 'unknown' };
}

/** The name in `.git/annex/journal/` of a file of the branch. */
export function journalFile(path: ByteString): ByteString {
  return path.replace(/[_/]/g, (character) => (character === '_' ? '__' : '_'));
}

/** Whether the location of a key can be logged: its log must be able to have a file in the journal. */
export function isLoggable(key: Key): boolean {
  return journalFile(locationLogPath(key)).length <= maxFileNameBytes;
}

/**
 * The file of the branch that a journal file's name stands for. The naming is not unique where a file's name begins with
 * `_`: git-annex itself commits the log of a key `_X--y` to `b45/5fd_/X--y.log` and finds it no more. A hash directory
 * tells the two apart, so here it is committed to its place.
 */
export function parseJournalFile(name: ByteString): ByteString {
  const directory = ambiguousPattern.exec(name)?.[0] ?? '';
  const rest = name.slice(directory.length).replace(/__?/g, (match) => (match === '__' ? '_' : '/'));
  return `${directory.replaceAll('_', '/')}${rest}`;
}

const ambiguousPattern = /^(?:[0-9a-f]{3}_){1,2}(?=__)/;
/** The longest name of a file on the file systems in use. */
const maxFileNameBytes = 255;
const oneLevelBytes = 'xxx/'.length;
const oneLevelPattern = /^[0-9a-f]{3}\//;
