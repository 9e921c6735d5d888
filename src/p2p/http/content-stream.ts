/**
 * A Remote's content as the body of a reply. Content that cannot change while it is read is announced with its length;
 * of other content the last byte is held back until it is known whether the rest is valid, and dropped where it is not,
 * so that the client sees a byte less than X-git-annex-data-length says (interop reference §6.5).
 */

import type { Content } from '../../remote/remote.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { ByteStream } from './message.ts';

export function contentStream(content: Content): ByteStream {
  if (content.stable) return { lengthBytes: content.lengthBytes, chunks: content.chunks };
  return { lengthBytes: undefined, chunks: { [Symbol.asyncIterator]: () => holdBack(content) } };
}

/**
 * The bytes, the last of them only when the others are known to be valid.
 * @param options.invalid called where they are not; where it returns, the last byte is left out
 */
export function holdBack(
  content: Content,
  options: { readonly invalid?: () => void } = {},
): AsyncIterator<Uint8Array, undefined> {
  const inner = content.chunks[Symbol.asyncIterator]();
  const outer = allButInvalidEnd(content, inner, options.invalid);
  // A generator that was never asked for anything would not let go of its content when it is returned.
  return {
    next: () => outer.next(),
    return: async () => {
      await inner.return?.();
      return await outer.return(undefined);
    },
  };
}

async function* allButInvalidEnd(
  content: Content,
  chunks: AsyncIterator<Uint8Array>,
  invalid: (() => void) | undefined,
): AsyncGenerator<Uint8Array, undefined> {
  let leftBytes = content.lengthBytes;
  let last: Uint8Array | undefined;
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) break;
    const chunk = next.value;
    leftBytes -= chunk.length;
    if (leftBytes < 0) throw new AnnexError('invariant', `content gave ${-leftBytes} bytes too many`);
    if (leftBytes > 0 || chunk.length === 0) {
      yield chunk;
      continue;
    }
    // Chunks do not outlive the next one, so the byte is copied.
    last = chunk.slice(-1);
    if (chunk.length > 1) yield chunk.subarray(0, -1);
  }
  if (last === undefined) return undefined;
  if ((await content.validity()) === 'valid') yield last;
  else invalid?.();
  return undefined;
}
