/**
 * proxy.log: the remotes that a repository proxies for, as `UUID:NAME` words.
 *
 *     1795350305s 900a5947-a034-413f-9396-0281ffec23d6 acb3571a-ec69-8bab-b7cf-2ba419bcc566:c2 fc66d4aa-80ce-4506-a9ce-1a8c62df83f3:cn1
 *
 * Clusters are in it too, and so are nodes behind further gateways. Names become parts of git configuration keys on
 * clients, so those that are no legal remote names are not read; they are kept when the log changes.
 */

import { compareByteStrings, type ByteString } from '../util/byte-string.ts';
import { AnnexError } from '../types/annex-error.ts';
import { isLegalRemoteName } from '../types/remote-name.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import { changeMapLog, parseMapLog } from './family/map-log.ts';
import type { ValueFormat } from './family/keyed-log.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** A remote that is proxied for: its UUID, and its name on the gateway. */
export interface ProxiedRemote {
  readonly uuid: UUID;
  readonly name: ByteString;
}

/** What each gateway proxies for, sorted by UUID, then by name. */
export function parseProxyLog(content: ByteString): Map<UUID, ProxiedRemote[]> {
  const proxies = new Map<UUID, ProxiedRemote[]>();
  for (const [field, { value }] of parseMapLog(content, proxyList)) {
    const gateway = parseUUID(field);
    if (gateway === undefined) continue;
    const remotes = value.flatMap(({ uuid: word, name }) => {
      const uuid = parseUUID(word);
      return uuid === undefined || !isLegalRemoteName(name) ? [] : [{ uuid, name }];
    });
    proxies.set(gateway, remotes);
  }
  return proxies;
}

export interface ProxyChange {
  readonly gateway: UUID;
  /** All that the gateway proxies for from now on. Private UUIDs are for the caller to leave out. */
  readonly remotes: Iterable<ProxiedRemote>;
  readonly nowSeconds: number;
}

/** The whole file after a change; undefined where the gateway proxies for just these already. */
export function changeProxyLog(content: ByteString, change: ProxyChange): ByteString | undefined {
  const field = checkLogWord(change.gateway, 'the UUID of a gateway');
  const value = [...change.remotes].map(({ uuid, name }): ProxyWord => {
    if (isLegalRemoteName(name)) return { uuid: checkLogWord(uuid, 'the UUID of a remote'), name };
    throw new AnnexError('config', `"${name}" is not a legal name of a remote`);
  });
  const existing = parseMapLog(content, proxyList).get(field);
  // A gateway that proxies for nothing needs no line to say so.
  if (proxyList.format(existing?.value ?? []) === proxyList.format(value)) return undefined;
  const now = vectorClockFromSeconds(change.nowSeconds);
  return changeMapLog(content, { field, value, now, format: proxyList });
}

interface ProxyWord {
  readonly uuid: ByteString;
  readonly name: ByteString;
}

/** As git-annex reads it: the UUID ends at the first colon, the name at the next space. */
function parseProxyWords(text: ByteString): ProxyWord[] | undefined {
  const words = [...text.matchAll(proxyWordPattern)];
  if (words.reduce((length, [match]) => length + match.length, 0) !== text.length) return undefined;
  return sortProxyWords(words.map(([, uuid = '', name = '']) => ({ uuid, name })));
}

function sortProxyWords(words: readonly ProxyWord[]): ProxyWord[] {
  const sorted = [...words].sort(compareProxyWords);
  return sorted.filter((word, index) => {
    const before = sorted[index - 1];
    return before === undefined || compareProxyWords(before, word) !== 0;
  });
}

function compareProxyWords(left: ProxyWord, right: ProxyWord): number {
  return compareByteStrings(left.uuid, right.uuid) || compareByteStrings(left.name, right.name);
}

const proxyList: ValueFormat<readonly ProxyWord[]> = {
  parse: parseProxyWords,
  format: (words) =>
    sortProxyWords(words)
      .map(({ uuid, name }) => `${uuid}:${name}`)
      .join(' '),
};

const proxyWordPattern = /([^:]+):([^ ]+)(?: |$)/gy;
