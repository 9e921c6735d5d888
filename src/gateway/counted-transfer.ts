/** Transfers with a node that count in its load (`NodeLoads`) from when they begin until they end, however that is. */

import type { Content, Upload, Validity } from '../remote/remote.ts';
import type { Clock } from '../util/clock.ts';
import { FollowedChunks } from '../util/followed-chunks.ts';
import type { NodeTransfer } from './node-loads.ts';

export interface Counting {
  readonly transfer: NodeTransfer;
  readonly clock: Clock;
}

export function countedContent(content: Content, counting: Counting): Content {
  const { lengthBytes, stable, file } = content;
  const { transfer, clock } = counting;
  let askedMs = 0;
  const chunks = new FollowedChunks(content.chunks, {
    asked: () => {
      askedMs = clock.now();
    },
    gave: (chunk) => transfer.gave(chunk.length, clock.now() - askedMs),
    ended: () => transfer.end(),
  });
  return { lengthBytes, stable, file, chunks, validity: () => content.validity() };
}

/** @param options.signal ends the upload as well. */
export function countedUpload(
  upload: Upload,
  { transfer, signal }: { readonly transfer: NodeTransfer; readonly signal: AbortSignal },
): Upload {
  const end = (): void => {
    signal.removeEventListener('abort', end);
    transfer.end();
  };
  const ending = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } finally {
      end();
    }
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  return {
    type: 'upload',
    offset: upload.offset,
    announce: (lengthBytes: number) => upload.announce(lengthBytes),
    async send(chunk: Uint8Array) {
      try {
        await upload.send(chunk);
      } catch (error) {
        end();
        throw error;
      }
    },
    finish: (validity: Validity) => ending(() => upload.finish(validity)),
    dataPresent: () => ending(() => upload.dataPresent()),
    abort: () => ending(() => upload.abort()),
  };
}
