/**
 * Skein and XXH3, computed by WebAssembly made from script/assembly/.
 *
 * Each module has one instance, made when first needed, which serves all hashes in progress: every hasher keeps its own
 * state (some hundred bytes) and lends it to the instance for the time of one call. An instance for each hasher would
 * take a memory of its own, which only garbage collection gives back.
 */

import type { Hasher } from './hasher.ts';
import { skeinWasm } from './skein-wasm.ts';
import { xxh3Wasm } from './xxh3-wasm.ts';

/** Skein-256-256. */
export function createSkein256(): Hasher {
  const engine = (skein ??= instantiate(skeinWasm));
  return createWasmHasher(engine, { suffix: '256', digestBytes: 32 });
}

/** Skein-512-512. */
export function createSkein512(): Hasher {
  const engine = (skein ??= instantiate(skeinWasm));
  return createWasmHasher(engine, { suffix: '512', digestBytes: 64 });
}

/** XXH3 of 64 bits with seed 0, in its canonical big-endian form. */
export function createXXH3(): Hasher {
  const engine = (xxh3 ??= instantiate(xxh3Wasm));
  return createWasmHasher(engine, { suffix: '', digestBytes: 8 });
}

let skein: Engine | undefined;
let xxh3: Engine | undefined;

// Node's types leave WebAssembly to the browser's, which do not belong here: this is the part in use.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Exports };
};

type Exports = Readonly<Record<string, unknown>>;

interface Engine {
  readonly exports: Exports;
  /** The state of the hash at work. */
  readonly state: Uint8Array;
  readonly input: Uint8Array;
}

interface Algorithm {
  /** Of the names of the module's functions. */
  readonly suffix: string;
  readonly digestBytes: number;
}

function instantiate(base64: string): Engine {
  // Synchronous, as whoever needs a hash cannot wait; a module of 3 kB compiles in well under a millisecond.
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(base64, 'base64')));
  const memory = exports['memory'] as { readonly buffer: ArrayBuffer };
  const view = (name: string): Uint8Array =>
    new Uint8Array(memory.buffer, numberOf(exports[name]), numberOf(exports[`${name}Bytes`]));
  return { exports, state: view('state'), input: view('input') };
}

function numberOf(exported: unknown): number {
  return (exported as { readonly value: number }).value;
}

function createWasmHasher({ exports, state, input }: Engine, { suffix, digestBytes }: Algorithm): Hasher {
  const init = exports[`init${suffix}`] as () => void;
  const update = exports[`update${suffix}`] as (lengthBytes: number) => void;
  const finish = exports[`finish${suffix}`] as () => void;
  init();
  const ownState = state.slice();
  return {
    update: (chunk) => {
      state.set(ownState);
      for (let start = 0; start < chunk.length; start += input.length) {
        const piece = chunk.subarray(start, start + input.length);
        input.set(piece);
        update(piece.length);
      }
      ownState.set(state);
    },
    digestHex: () => {
      state.set(ownState);
      finish();
      return Buffer.from(state.subarray(0, digestBytes)).toString('hex');
    },
  };
}
