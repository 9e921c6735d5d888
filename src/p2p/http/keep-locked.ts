/**
 * POST keeplocked, all versions: keeps a lock of lockcontent for as long as the request lasts.
 *
 *     POST /git-annex/UUID/v4/keeplocked?lockid=UUID
 *     {"unlock":false}\n                         any number of times, at any time; no effect
 *     {"unlock":true}\n                          lets go at once
 *     200 {"locked":false}                       in every case, also for an unknown lockid
 *
 * Only an unlock releases. A body that ends otherwise, however it does, leaves the lock to run out (design, "Flow,
 * exactly"); the reply is never sent before a release is done. An idle request is never timed out.
 */

import type { UUID } from '../../types/uuid.ts';
import { bytesToByteString, type ByteString } from '../../util/byte-string.ts';
import type { Endpoint } from './endpoint.ts';
import type { LockTable } from './lock-table.ts';
import { jsonReply } from './message.ts';
import { readCaller, readLockID } from './parameters.ts';

export const keepLocked: Endpoint<{ readonly lockID: UUID }> = {
  action: 'lock',
  readParameters: ({ query, serverUUID }) => {
    const lockID = readLockID(query);
    readCaller(query, serverUUID);
    return { lockID };
  },
  answer: async (_remote, { lockID }, { request }, { locks }) => {
    request.allowSilence();
    await keepWhile(lockID, locks, request.body);
    return jsonReply({ locked: false });
  },
};

async function keepWhile(lockID: UUID, locks: LockTable, body: AsyncIterable<Uint8Array>): Promise<void> {
  const keeper = await locks.keep(lockID);
  try {
    if (await saysUnlock(body)) await locks.release(lockID);
  } finally {
    keeper?.stop();
  }
}

/** Reads lines until one says unlock. False: the body ended, or said what cannot be understood. */
async function saysUnlock(body: AsyncIterable<Uint8Array>): Promise<boolean> {
  let rest: ByteString = '';
  for await (const chunk of body) {
    const lines = (rest + bytesToByteString(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const word = parseUnlock(line);
      if (word !== false) return word === true;
    }
    if (rest.length > maxLineBytes) return false;
  }
  return parseUnlock(rest) === true;
}

/** Undefined: not the JSON object that it should be. Empty lines only keep the connection alive. */
function parseUnlock(line: ByteString): boolean | undefined {
  if (line.length > maxLineBytes) return undefined;
  if (line.trim() === '') return false;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || !('unlock' in value)) return undefined;
    return typeof value.unlock === 'boolean' ? value.unlock : undefined;
  } catch {
    return undefined;
  }
}

const maxLineBytes = 4096;
