// The shortest input found that still does what it must not.
import type { ByteString } from '../../../src/util/byte-string.ts';

/** Leaves out pieces, larger ones first, for as long as it fails. */
export async function shrink(
  input: ByteString,
  fails: (input: ByteString) => Promise<boolean>,
): Promise<ByteString> {
  let shortest = input;
  for (let size = shortest.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < shortest.length; ) {
      const shorter = shortest.slice(0, at) + shortest.slice(at + size);
      if (await fails(shorter)) shortest = shorter;
      else at += size;
    }
  }
  return shortest;
}
