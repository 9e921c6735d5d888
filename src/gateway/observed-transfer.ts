/** Content on its way whose bytes are counted, and whose end is told once, however it ends. */

import type { Transfer } from '../types/event.ts';
import type { Content, Context, Stored, Upload, Validity } from '../remote/remote.ts';
import { FollowedChunks } from '../util/followed-chunks.ts';

export interface Watched {
  readonly transfer: Counted;
  readonly context: Context;
  /** Bytes are about to move, so many. One that never began is none: clients ask only for an offset. */
  begin(lengthBytes: number): void;
  /** Later calls do nothing. */
  end(outcome: Outcome, error?: unknown): void;
}

/** A transfer as the one who counts sees it. */
type Counted = Omit<Transfer, 'lengthBytes' | 'movedBytes'> & { lengthBytes: number; movedBytes: number };

type Outcome = 'done' | 'failed' | 'abandoned';

export function observedContent(content: Content, watched: Watched): Content {
  const { lengthBytes, stable, file } = content;
  watched.begin(lengthBytes);
  const { transfer, context } = watched;
  const chunks = new FollowedChunks(content.chunks, {
    gave: (chunk) => {
      transfer.movedBytes += chunk.length;
    },
    ended(how, error) {
      // Who took all there is need not ask whether there is more.
      const isDone = how === 'done' || (how === 'left' && transfer.movedBytes === transfer.lengthBytes);
      if (isDone) watched.end('done');
      else watched.end(how === 'left' || context.signal.aborted ? 'abandoned' : 'failed', error);
    },
  });
  return { lengthBytes, stable, file, chunks, validity: () => content.validity() };
}

/** Ended by the context's signal as well. */
export function observedUpload(upload: Upload, watched: Watched): Upload {
  const { transfer } = watched;
  const { signal } = watched.context;
  const end = (outcome: Outcome, error?: unknown): void => {
    signal.removeEventListener('abort', aborted);
    watched.end(outcome, error);
  };
  const aborted = (): void => end('abandoned');
  const failed = (error: unknown): void => {
    if (signal.aborted) end('abandoned');
    else end('failed', error);
  };
  const ending = async (work: () => Promise<Stored>): Promise<Stored> => {
    try {
      const answer = await work();
      end(answer.stored ? 'done' : 'failed');
      return answer;
    } catch (error) {
      failed(error);
      throw error;
    }
  };
  signal.addEventListener('abort', aborted, { once: true });
  if (signal.aborted) aborted();
  return {
    type: 'upload',
    offset: upload.offset,
    announce(lengthBytes: number) {
      watched.begin(lengthBytes);
      upload.announce(lengthBytes);
    },
    async send(chunk: Uint8Array) {
      try {
        await upload.send(chunk);
      } catch (error) {
        failed(error);
        throw error;
      }
      transfer.movedBytes += chunk.length;
    },
    finish: (validity: Validity) => ending(() => upload.finish(validity)),
    dataPresent: () => ending(() => upload.dataPresent()),
    async abort() {
      end('abandoned');
      await upload.abort();
    },
  };
}
