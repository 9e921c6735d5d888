/**
 * Metadata of keys that special remotes keep for themselves (`.log.rmet`), as S3 its version ids in the field `V`.
 *
 *     1287290776.765152s e605dca6-446a-11e0-8b2a-002170d25c55:V +1
 *
 * A metadata log whose fields are UUID:NAME.
 */

import type { ByteString } from '../util/byte-string.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import { addMetaDataLine, currentMetaData, parseMetaDataLines } from './family/metadata-log.ts';
import { metaDataFields, type MetaDataChange } from './metadata-log.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** The values of each field of each remote, sorted. */
export function parseRemoteMetaDataLog(content: ByteString): Map<UUID, Map<ByteString, ByteString[]>> {
  const remotes = new Map<UUID, Map<ByteString, ByteString[]>>();
  for (const [field, values] of currentMetaData(parseMetaDataLines(content))) {
    const colon = field.indexOf(':');
    const uuid = colon === -1 ? undefined : parseUUID(field.slice(0, colon));
    if (uuid === undefined) continue;
    const fields = remotes.get(uuid) ?? new Map<ByteString, ByteString[]>();
    remotes.set(uuid, fields.set(field.slice(colon + 1), values));
  }
  return remotes;
}

/** The whole file after a remote set and unset values. */
export function changeRemoteMetaDataLog(
  content: ByteString,
  change: MetaDataChange & { readonly uuid: UUID },
): ByteString {
  const uuid = checkLogWord(change.uuid, 'a UUID');
  const fields = metaDataFields(change).map(({ name, values }) => ({ name: `${uuid}:${name}`, values }));
  return addMetaDataLine(content, { fields, now: vectorClockFromSeconds(change.nowSeconds) });
}
