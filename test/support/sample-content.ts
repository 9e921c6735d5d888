// Content for tests that looks random and is the same everywhere; fixtures/hashes.json holds hashes of its beginnings.

/** The first `sizeBytes` bytes of one endless sequence. */
export function sampleContent(sizeBytes: number): Uint8Array {
  const content = new Uint8Array(sizeBytes);
  let state = 1;
  for (let index = 0; index < sizeBytes; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    content[index] = state >>> 16;
  }
  return content;
}
