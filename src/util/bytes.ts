/** Bytes: comparing and gathering them. */

export type Collected = Uint8Array<ArrayBuffer>;

export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** All of a stream, copied out of its chunks. For what is known to be small. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Collected> {
  const parts: Uint8Array[] = [];
  let totalBytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk.slice());
    totalBytes += chunk.length;
  }
  const whole = new Uint8Array(totalBytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
