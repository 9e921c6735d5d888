/**
 * Chunk logs: in how many chunks of which size a key is stored on each special remote (`.log.cnk`, a map log).
 *
 *     1795351096s 62630bae-adb7-4f79-82fe-7eb11e4b9335:4 3
 *
 * The field is UUID:METHOD. The only method is a chunk size in bytes; others, of newer versions, are kept. The count is
 * 0 once the chunks were removed. One remote may have several sizes of one key.
 */

import { compareByteStrings, type ByteString } from '../util/byte-string.ts';
import { AnnexError } from '../types/annex-error.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import { addEntry, setEntry, type KeyedLog, type LogEntry, type ValueFormat } from './family/keyed-log.ts';
import { formatMapLog, parseMapLog } from './family/map-log.ts';
import { checkLogWord } from './log-lines.ts';
import { vectorClockFromSeconds } from './vector-clock.ts';

export interface Chunking {
  readonly uuid: UUID;
  readonly chunkSizeBytes: number;
  /** At least 1: an empty file has one empty chunk. */
  readonly chunkCount: number;
}

/** The chunkings that are stored, by remote, then by chunk size. */
export function parseChunkLog(content: ByteString): Chunking[] {
  const chunkings: Chunking[] = [];
  for (const [field, { value }] of [...parseChunks(content)].sort(([a], [b]) => compareChunkFields(a, b))) {
    const { uuid: word, chunkSizeBytes } = splitField(field);
    const uuid = parseUUID(word);
    const chunkCount = Number(value);
    if (uuid === undefined || chunkSizeBytes === undefined) continue;
    if (chunkCount > 0 && Number.isSafeInteger(chunkCount))
      chunkings.push({ uuid, chunkSizeBytes, chunkCount });
  }
  return chunkings;
}

export interface ChunkChange {
  readonly uuid: UUID;
  readonly chunkSizeBytes: number;
  /** 0 when the chunks were removed. */
  readonly chunkCount: number;
  readonly nowSeconds: number;
}

/** The whole file after chunks were stored or removed. */
export function changeChunkLog(content: ByteString, change: ChunkChange): ByteString {
  for (const number of [change.chunkSizeBytes, change.chunkCount]) {
    if (Number.isSafeInteger(number) && number >= 0) continue;
    throw new AnnexError('invariant', `${number} is neither a size nor a count of chunks`);
  }
  const log = setEntry(parseChunks(content), {
    field: `${checkLogWord(change.uuid, 'a UUID')}:${change.chunkSizeBytes}`,
    value: String(change.chunkCount),
    now: vectorClockFromSeconds(change.nowSeconds),
  });
  return formatMapLog(log, chunkCountText, compareChunkFields);
}

/** Counts stay text, so that a large one of another's is not changed. */
function parseChunks(content: ByteString): KeyedLog<ByteString> {
  const log = new Map<ByteString, LogEntry<ByteString>>();
  for (const [field, entry] of parseMapLog(content, chunkCountText)) {
    const { uuid, method, chunkSizeBytes } = splitField(field);
    if (method !== undefined) addEntry(log, { field: `${uuid}:${chunkSizeBytes ?? method}`, entry });
  }
  return log;
}

function splitField(field: ByteString): { uuid: ByteString; method?: ByteString; chunkSizeBytes?: number } {
  const colon = field.indexOf(':');
  if (colon === -1) return { uuid: field };
  const uuid = field.slice(0, colon);
  const method = field.slice(colon + 1);
  const size = /^\d+$/.test(method) ? Number(method) : undefined;
  return size !== undefined && Number.isSafeInteger(size)
    ? { uuid, method, chunkSizeBytes: size }
    : { uuid, method };
}

/** By UUID, then sizes as numbers, then the unknown methods. */
function compareChunkFields(left: ByteString, right: ByteString): number {
  const [one, other] = [splitField(left), splitField(right)];
  const order = compareByteStrings(one.uuid, other.uuid);
  if (order !== 0) return order;
  const [size, otherSize] = [one.chunkSizeBytes ?? Infinity, other.chunkSizeBytes ?? Infinity];
  if (size !== otherSize) return size < otherSize ? -1 : 1;
  return compareByteStrings(one.method ?? '', other.method ?? '');
}

const chunkCountText: ValueFormat<ByteString> = {
  parse: (text) => (/^\d+$/.test(text) ? text : undefined),
  format: (count) => count,
};
