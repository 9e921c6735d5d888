/** Transfers with a node that count in its load (`NodeLoads`) from when they begin until they end, however that is. */

import type { Content, Upload, Validity } from '../remote/remote.ts';
import type { Clock } from '../util/clock.ts';
import type { NodeTransfer } from './node-loads.ts';

export interface Counting {
  readonly transfer: NodeTransfer;
  readonly clock: Clock;
}

export function countedContent(content: Content, counting: Counting): Content {
  const { lengthBytes, stable, file } = content;
  const chunks = new CountedChunks(content.chunks[Symbol.asyncIterator](), counting);
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

/** An iterator by hand: an async generator that never ran ends nothing. */
class CountedChunks implements AsyncIterableIterator<Uint8Array> {
  readonly #inner: AsyncIterator<Uint8Array>;
  readonly #counting: Counting;

  constructor(inner: AsyncIterator<Uint8Array>, counting: Counting) {
    this.#inner = inner;
    this.#counting = counting;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const { transfer, clock } = this.#counting;
    const askedMs = clock.now();
    try {
      const result = await this.#inner.next();
      if (result.done === true) transfer.end();
      else transfer.gave(result.value.length, clock.now() - askedMs);
      return result;
    } catch (error) {
      transfer.end();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#counting.transfer.end();
    await this.#inner.return?.();
    return { done: true, value: undefined };
  }
}
