/** Content on its way whose bytes are counted, and whose end is told once, however it ends. */

import type { Transfer } from '../types/event.ts';
import type { Content, Context, Stored, Upload, Validity } from '../remote/remote.ts';

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
  const chunks = new ObservedChunks(content.chunks[Symbol.asyncIterator](), watched);
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

/** An iterator by hand: an async generator that never ran ends nothing. */
class ObservedChunks implements AsyncIterableIterator<Uint8Array> {
  readonly #inner: AsyncIterator<Uint8Array>;
  readonly #watched: Watched;

  constructor(inner: AsyncIterator<Uint8Array>, watched: Watched) {
    this.#inner = inner;
    this.#watched = watched;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const { transfer } = this.#watched;
    try {
      const result = await this.#inner.next();
      if (result.done === true) this.#watched.end('done');
      else transfer.movedBytes += result.value.length;
      return result;
    } catch (error) {
      this.#watched.end(this.#watched.context.signal.aborted ? 'abandoned' : 'failed', error);
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    const { movedBytes, lengthBytes } = this.#watched.transfer;
    // Who took all there is need not ask whether there is more.
    this.#watched.end(movedBytes === lengthBytes ? 'done' : 'abandoned');
    await this.#inner.return?.();
    return { done: true, value: undefined };
  }
}
