/**
 * What every way of computing a hash offers: Node's, the native package's, WebAssembly's and plain JavaScript's. Made by
 * `createHasher`.
 */

/** One hash in progress. It keeps no chunk, and needs no closing. */
export interface Hasher {
  update(chunk: Uint8Array): void;
  /** The hash in lower case hexadecimal. Ends the hasher: call it once, and nothing afterwards. */
  digestHex(): string;
}
