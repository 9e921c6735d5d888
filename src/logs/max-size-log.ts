/**
 * maxsize.log: how many bytes of annexed content each repository should hold at most.
 *
 *     1795350000s 11111111-1111-4111-8111-111111111111 100000
 *
 * Zero is a real limit, and none can be taken back.
 */

import type { ByteString } from '../util/byte-string.ts';
import { AnnexError } from '../types/annex-error.ts';
import type { UUID } from '../types/uuid.ts';
import { valuesByUUID, type ValueFormat } from './family/keyed-log.ts';
import { changeMapLog, parseMapLog } from './family/map-log.ts';
import { parseHaskellInteger } from './haskell-integer.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

/** Bytes by repository. Bigint, since archives pass 2^53. */
export function parseMaxSizeLog(content: ByteString): Map<UUID, bigint> {
  return valuesByUUID(parseMapLog(content, sizeValue));
}

/** The whole file after a change. */
export function changeMaxSizeLog(
  content: ByteString,
  change: { readonly uuid: UUID; readonly maxSizeBytes: bigint; readonly nowSeconds: number },
): ByteString {
  if (change.maxSizeBytes < 0n) throw new AnnexError('config', `${change.maxSizeBytes} bytes are no size`);
  return changeMapLog(content, {
    field: checkLogWord(change.uuid, 'a UUID'),
    value: change.maxSizeBytes,
    now: vectorClockFromSeconds(change.nowSeconds),
    format: sizeValue,
  });
}

const sizeValue: ValueFormat<bigint> = {
  parse: parseHaskellInteger,
  format: (value) => value.toString(),
};
