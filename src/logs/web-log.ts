/**
 * Web logs: the URLs that a key's content can be downloaded from (`.log.web`, a presence log of URLs).
 *
 *     1000s 1 http://example.com/a b
 *     1000s 1 yt:https://example.com/watch?v=1
 *     1000s 1 :http://tracker.example/file.torrent
 *
 * A prefix names who downloads it: none the web remote, `yt:` (or the older `quvi:`) youtube-dl and its like, and `:`
 * another special remote.
 */

import type { ByteString } from '../util/byte-string.ts';
import { changePresenceLog, parsePresenceLog, presentInfos } from './family/presence-log.ts';
import type { PresenceStatus } from './family/presence-log.ts';
import { checkLogText } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

export type Downloader = 'web' | 'youtube-dl' | 'other';

export interface DownloadURL {
  readonly url: ByteString;
  readonly downloader: Downloader;
}

/** The URLs, in the order in which git-annex tries them. */
export function parseWebLog(content: ByteString): DownloadURL[] {
  return presentInfos(parsePresenceLog(content)).map(parseDownloadURL);
}

export interface WebChange {
  readonly present?: Iterable<DownloadURL>;
  readonly missing?: Iterable<DownloadURL>;
  readonly nowSeconds: number;
}

/** The whole file after a change; undefined where it says nothing new. */
export function changeWebLog(content: ByteString, change: WebChange): ByteString | undefined {
  const statuses = new Map<ByteString, PresenceStatus>();
  for (const url of change.present ?? []) statuses.set(formatDownloadURL(url), 'present');
  const gone = new Set([...(change.missing ?? [])].map(formatDownloadURL));
  for (const info of gone) statuses.set(info, 'missing');
  // A URL may be in the log under a prefix of old, too.
  for (const info of presentInfos(parsePresenceLog(content))) {
    if (gone.has(formatDownloadURL(parseDownloadURL(info)))) statuses.set(info, 'missing');
  }
  return changePresenceLog(content, { statuses, now: vectorClockFromSeconds(change.nowSeconds) });
}

function parseDownloadURL(info: ByteString): DownloadURL {
  for (const [prefix, downloader] of prefixes) {
    if (info.startsWith(prefix)) return { url: info.slice(prefix.length), downloader };
  }
  return { url: info, downloader: 'web' };
}

function formatDownloadURL({ url, downloader }: DownloadURL): ByteString {
  const prefix = prefixes.find(([, one]) => one === downloader)?.[0] ?? '';
  return checkLogText(`${prefix}${url}`, 'a URL');
}

// The first of each downloader is the one that is written.
const prefixes: readonly (readonly [ByteString, Downloader])[] = [
  ['yt:', 'youtube-dl'],
  ['quvi:', 'youtube-dl'],
  [':', 'other'],
];
