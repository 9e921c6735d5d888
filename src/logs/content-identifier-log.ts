/**
 * Content identifier logs: how importing special remotes recognise versions of a key's content (`.log.cid`).
 *
 *     1287290776.765152s e605dca6-446a-11e0-8b2a-002170d25c55 5248916:5250378
 *
 * The newest identifier comes first. One that holds `:`, CR or LF or begins with `!` is written as `!` and its Base64.
 */

import type { ByteString } from '../util/byte-string.ts';
import type { UUID } from '../types/uuid.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { valuesByUUID, type ValueFormat } from './family/keyed-log.ts';
import { changeMapLog, parseMapLog } from './family/map-log.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** The identifiers of each remote, newest first. */
export function parseContentIdentifierLog(content: ByteString): Map<UUID, readonly ByteString[]> {
  return valuesByUUID(parseMapLog(content, identifierList));
}

/** The whole file after a remote told one more identifier; undefined where the log has it. */
export function changeContentIdentifierLog(
  content: ByteString,
  change: { readonly uuid: UUID; readonly identifier: ByteString; readonly nowSeconds: number },
): ByteString | undefined {
  const field = checkLogWord(change.uuid, 'a UUID');
  const known = parseMapLog(content, identifierList).get(field)?.value ?? [];
  if (known.includes(change.identifier)) return undefined;
  const now = vectorClockFromSeconds(change.nowSeconds);
  return changeMapLog(content, { field, value: [change.identifier, ...known], now, format: identifierList });
}

/** What is no Base64 after its `!` stands for itself. */
function parseIdentifier(text: ByteString): ByteString {
  return text.startsWith('!') ? (decodeBase64(text.slice(1)) ?? text) : text;
}

function formatIdentifier(identifier: ByteString): ByteString {
  return /^!|[:\r\n]/.test(identifier) ? `!${encodeBase64(identifier)}` : identifier;
}

const identifierList: ValueFormat<readonly ByteString[]> = {
  parse: (text) => text.split(':').map(parseIdentifier),
  format: (identifiers) => identifiers.map(formatIdentifier).join(':'),
};
