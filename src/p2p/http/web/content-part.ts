/** Content as the body of a reply to any client: its length is announced, and an end that is not valid breaks it off. */

import { AnnexError } from '../../../types/annex-error.ts';
import type { Content } from '../../../remote/remote.ts';
import { holdBack } from '../content-stream.ts';
import type { ByteStream } from '../message.ts';

/** All of it. Of content that may change the last byte is held back until the rest is known to be valid. */
export function wholeContent(content: Content): ByteStream {
  const chunks = content.stable
    ? content.chunks
    : { [Symbol.asyncIterator]: () => holdBack(content, { invalid: failInvalid }) };
  return { lengthBytes: content.lengthBytes, chunks };
}

/** The first bytes of it, of which nobody says whether they are valid unless the content is stable. */
export function firstBytes(content: Content, lengthBytes: number): ByteStream {
  return { lengthBytes, chunks: new FirstBytes(content, lengthBytes) };
}

/** Lets go of what was opened. */
export async function letGo(content: Content): Promise<void> {
  await content.chunks[Symbol.asyncIterator]().return?.();
}

function failInvalid(): never {
  throw new AnnexError('verification', 'the content changed while it was sent');
}

/** An iterator by hand: an async generator that never ran would not let go of the content. */
class FirstBytes implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #inner: AsyncIterator<Uint8Array>;
  #leftBytes: number;

  constructor(content: Content, lengthBytes: number) {
    this.#inner = content.chunks[Symbol.asyncIterator]();
    this.#leftBytes = lengthBytes;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#leftBytes === 0) return await this.return();
    const result = await this.#inner.next();
    if (result.done === true) return { done: true, value: undefined };
    const chunk = result.value.subarray(0, this.#leftBytes);
    this.#leftBytes -= chunk.length;
    return { done: false, value: chunk };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.#inner.return?.();
    return { done: true, value: undefined };
  }
}
