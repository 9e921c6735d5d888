/**
 * Skein-256-256 and Skein-512-512 (The Skein Hash Function Family, version 1.3) in AssemblyScript, compiled by
 * script/build-assembly.js. Node's OpenSSL has no Skein, and 64-bit words are slow in JavaScript.
 *
 * Interface: `init` one of the two; copy input to `input` and `update`; `finish` leaves the digest at the start of
 * `state`. All that is known of a hash in progress lies in `state`, so one instance serves many by swapping it.
 */

export const stateBytes: i32 = 152;
export const state: usize = memory.data(stateBytes, 8);
export const inputBytes: i32 = 65536;
export const input: usize = memory.data(inputBytes, 8);

// In `state`: the chaining value, the block being filled, the tweak's two words, how much of the block is filled.
const buffer: usize = state + 64;
const position: usize = state + 128;
const flags: usize = state + 136;
const filled: usize = state + 144;

// Key and tweak words, repeated so that every round's stand in a row.
const keyWords: usize = memory.data(27 * 8, 8);
const tweakWords: usize = memory.data(21 * 8, 8);

const typeConfig: u64 = 4 << 56;
const typeMessage: u64 = 48 << 56;
const typeOutput: u64 = 63 << 56;
const first: u64 = 1 << 62;
const final: u64 = 1 << 63;

export function init256(): void {
  configure(256);
  process256(buffer, 32);
  begin(typeMessage | first);
}

export function init512(): void {
  configure(512);
  process512(buffer, 32);
  begin(typeMessage | first);
}

export function update256(length: u32): void {
  let next = input;
  const end = input + length;
  while (next < end) {
    if (load<u32>(filled) === 32) {
      process256(buffer, 32);
      store<u32>(filled, 0);
    }
    // The last block is held back, since only `finish` may process that.
    if (load<u32>(filled) === 0) for (; end - next > 32; next += 32) process256(next, 32);
    next = fill(next, end, 32);
  }
}

export function update512(length: u32): void {
  let next = input;
  const end = input + length;
  while (next < end) {
    if (load<u32>(filled) === 64) {
      process512(buffer, 64);
      store<u32>(filled, 0);
    }
    if (load<u32>(filled) === 0) for (; end - next > 64; next += 64) process512(next, 64);
    next = fill(next, end, 64);
  }
}

export function finish256(): void {
  process256(buffer, pad());
  begin(typeOutput | first | final);
  process256(buffer, 8);
}

export function finish512(): void {
  process512(buffer, pad());
  begin(typeOutput | first | final);
  process512(buffer, 8);
}

// The configuration string: "SHA3", version 1, the length of the output, no tree.
function configure(outputBits: u64): void {
  memory.fill(state, 0, stateBytes);
  store<u64>(buffer, 0x0000000133414853);
  store<u64>(buffer, outputBits, 8);
  store<u64>(flags, typeConfig | first | final);
}

function begin(tweakFlags: u64): void {
  memory.fill(buffer, 0, 64);
  store<u64>(position, 0);
  store<u64>(flags, tweakFlags);
  store<u32>(filled, 0);
}

function fill(next: usize, end: usize, blockBytes: u32): usize {
  const already = load<u32>(filled);
  const count = min<u32>(blockBytes - already, <u32>(end - next));
  memory.copy(buffer + already, next, count);
  store<u32>(filled, already + count);
  return next + count;
}

function pad(): u64 {
  const count = load<u32>(filled);
  memory.fill(buffer + count, 0, 64 - count);
  store<u64>(flags, load<u64>(flags) | final);
  return count;
}

function expandKey(words: u32): void {
  let parity: u64 = 0x1bd11bdaa9fc1a22;
  for (let index: u32 = 0; index < words; index++) {
    const word = load<u64>(state + (index << 3));
    parity ^= word;
    store<u64>(keyWords + (index << 3), word);
  }
  store<u64>(keyWords + (words << 3), parity);
  for (let index = words + 1; index < 19 + words; index++) {
    store<u64>(keyWords + (index << 3), load<u64>(keyWords + ((index - words - 1) << 3)));
  }
}

function expandTweak(bytes: u64): void {
  const word0 = load<u64>(position) + bytes;
  const word1 = load<u64>(flags);
  store<u64>(position, word0);
  store<u64>(flags, word1 & ~first);
  for (let index: u32 = 0; index < 21; index += 3) {
    store<u64>(tweakWords + (index << 3), word0);
    store<u64>(tweakWords + (index << 3), word1, 8);
    store<u64>(tweakWords + (index << 3), word0 ^ word1, 16);
  }
}

// Threefish, fed forward into the chaining value. Words keep their place and the rounds' permutation is in the names.

function process256(block: usize, bytes: u64): void {
  expandKey(4);
  expandTweak(bytes);
  let v0 = load<u64>(block, 0);
  let v1 = load<u64>(block, 8);
  let v2 = load<u64>(block, 16);
  let v3 = load<u64>(block, 24);
  let key = keyWords;
  let tweak = tweakWords;
  for (let s: u64 = 0; ; s++) {
    v0 += load<u64>(key, 0);
    v1 += load<u64>(key, 8) + load<u64>(tweak);
    v2 += load<u64>(key, 16) + load<u64>(tweak, 8);
    v3 += load<u64>(key, 24) + s;
    if (s === 18) break;
    key += 8;
    tweak += 8;
    if (s & 1) {
      v0 += v1;
      v1 = rotl(v1, 25) ^ v0;
      v2 += v3;
      v3 = rotl(v3, 33) ^ v2;
      v0 += v3;
      v3 = rotl(v3, 46) ^ v0;
      v2 += v1;
      v1 = rotl(v1, 12) ^ v2;
      v0 += v1;
      v1 = rotl(v1, 58) ^ v0;
      v2 += v3;
      v3 = rotl(v3, 22) ^ v2;
      v0 += v3;
      v3 = rotl(v3, 32) ^ v0;
      v2 += v1;
      v1 = rotl(v1, 32) ^ v2;
    } else {
      v0 += v1;
      v1 = rotl(v1, 14) ^ v0;
      v2 += v3;
      v3 = rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = rotl(v3, 52) ^ v0;
      v2 += v1;
      v1 = rotl(v1, 57) ^ v2;
      v0 += v1;
      v1 = rotl(v1, 23) ^ v0;
      v2 += v3;
      v3 = rotl(v3, 40) ^ v2;
      v0 += v3;
      v3 = rotl(v3, 5) ^ v0;
      v2 += v1;
      v1 = rotl(v1, 37) ^ v2;
    }
  }
  store<u64>(state, v0 ^ load<u64>(block, 0), 0);
  store<u64>(state, v1 ^ load<u64>(block, 8), 8);
  store<u64>(state, v2 ^ load<u64>(block, 16), 16);
  store<u64>(state, v3 ^ load<u64>(block, 24), 24);
}

function process512(block: usize, bytes: u64): void {
  expandKey(8);
  expandTweak(bytes);
  let v0 = load<u64>(block, 0);
  let v1 = load<u64>(block, 8);
  let v2 = load<u64>(block, 16);
  let v3 = load<u64>(block, 24);
  let v4 = load<u64>(block, 32);
  let v5 = load<u64>(block, 40);
  let v6 = load<u64>(block, 48);
  let v7 = load<u64>(block, 56);
  let key = keyWords;
  let tweak = tweakWords;
  for (let s: u64 = 0; ; s++) {
    v0 += load<u64>(key, 0);
    v1 += load<u64>(key, 8);
    v2 += load<u64>(key, 16);
    v3 += load<u64>(key, 24);
    v4 += load<u64>(key, 32);
    v5 += load<u64>(key, 40) + load<u64>(tweak);
    v6 += load<u64>(key, 48) + load<u64>(tweak, 8);
    v7 += load<u64>(key, 56) + s;
    if (s === 18) break;
    key += 8;
    tweak += 8;
    if (s & 1) {
      v0 += v1;
      v1 = rotl(v1, 39) ^ v0;
      v2 += v3;
      v3 = rotl(v3, 30) ^ v2;
      v4 += v5;
      v5 = rotl(v5, 34) ^ v4;
      v6 += v7;
      v7 = rotl(v7, 24) ^ v6;
      v2 += v1;
      v1 = rotl(v1, 13) ^ v2;
      v4 += v7;
      v7 = rotl(v7, 50) ^ v4;
      v6 += v5;
      v5 = rotl(v5, 10) ^ v6;
      v0 += v3;
      v3 = rotl(v3, 17) ^ v0;
      v4 += v1;
      v1 = rotl(v1, 25) ^ v4;
      v6 += v3;
      v3 = rotl(v3, 29) ^ v6;
      v0 += v5;
      v5 = rotl(v5, 39) ^ v0;
      v2 += v7;
      v7 = rotl(v7, 43) ^ v2;
      v6 += v1;
      v1 = rotl(v1, 8) ^ v6;
      v0 += v7;
      v7 = rotl(v7, 35) ^ v0;
      v2 += v5;
      v5 = rotl(v5, 56) ^ v2;
      v4 += v3;
      v3 = rotl(v3, 22) ^ v4;
    } else {
      v0 += v1;
      v1 = rotl(v1, 46) ^ v0;
      v2 += v3;
      v3 = rotl(v3, 36) ^ v2;
      v4 += v5;
      v5 = rotl(v5, 19) ^ v4;
      v6 += v7;
      v7 = rotl(v7, 37) ^ v6;
      v2 += v1;
      v1 = rotl(v1, 33) ^ v2;
      v4 += v7;
      v7 = rotl(v7, 27) ^ v4;
      v6 += v5;
      v5 = rotl(v5, 14) ^ v6;
      v0 += v3;
      v3 = rotl(v3, 42) ^ v0;
      v4 += v1;
      v1 = rotl(v1, 17) ^ v4;
      v6 += v3;
      v3 = rotl(v3, 49) ^ v6;
      v0 += v5;
      v5 = rotl(v5, 36) ^ v0;
      v2 += v7;
      v7 = rotl(v7, 39) ^ v2;
      v6 += v1;
      v1 = rotl(v1, 44) ^ v6;
      v0 += v7;
      v7 = rotl(v7, 9) ^ v0;
      v2 += v5;
      v5 = rotl(v5, 54) ^ v2;
      v4 += v3;
      v3 = rotl(v3, 56) ^ v4;
    }
  }
  store<u64>(state, v0 ^ load<u64>(block, 0), 0);
  store<u64>(state, v1 ^ load<u64>(block, 8), 8);
  store<u64>(state, v2 ^ load<u64>(block, 16), 16);
  store<u64>(state, v3 ^ load<u64>(block, 24), 24);
  store<u64>(state, v4 ^ load<u64>(block, 32), 32);
  store<u64>(state, v5 ^ load<u64>(block, 40), 40);
  store<u64>(state, v6 ^ load<u64>(block, 48), 48);
  store<u64>(state, v7 ^ load<u64>(block, 56), 56);
}
