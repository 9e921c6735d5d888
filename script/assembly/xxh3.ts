/**
 * XXH3 with 64 bits and no seed (xxHash's specification, doc/xxhash_spec.md of that project), compiled by
 * script/build-assembly.js.
 *
 * Interface: `init`; copy input to `input` and `update`; `finish` leaves the digest, in its canonical big-endian form, at
 * the start of `state`. All that is known of a hash in progress lies in `state`, so one instance serves many by swapping
 * it.
 */

export const stateBytes: i32 = 464;
export const state: usize = memory.data(stateBytes, 8);
export const inputBytes: i32 = 65536;
export const input: usize = memory.data(inputBytes, 8);

// In `state`: eight accumulators, the input's first 256 bytes, the stripe taken last and the one being filled, the
// length so far, how much of the stripe is filled, how many stripes of the block are taken.
const head: usize = state + 64;
const lastStripe: usize = state + 320;
const stripe: usize = state + 384;
const total: usize = state + 448;
const filled: usize = state + 456;
const stripesTaken: usize = state + 460;

const headBytes: u64 = 256;
const stripeBytes: u32 = 64;
const stripesInBlock: u32 = 16;

const prime32a: u64 = 0x9e3779b1;
const prime32b: u64 = 0x85ebca77;
const prime32c: u64 = 0xc2b2ae3d;
const prime64a: u64 = 0x9e3779b185ebca87;
const prime64b: u64 = 0xc2b2ae3d27d4eb4f;
const prime64c: u64 = 0x165667b19e3779f9;
const prime64d: u64 = 0x85ebca77c2b2ae63;
const prime64e: u64 = 0x27d4eb2f165667c5;
const primeMix1: u64 = 0x165667919e3779f9;
const primeMix2: u64 = 0x9fb21c651e98df25;

const secret: usize = memory.data<u8>([
  0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c, 0xde, 0xd4,
  0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f, 0xcb, 0x79, 0xe6, 0x4e,
  0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21, 0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43,
  0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c, 0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb,
  0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3, 0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19,
  0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8, 0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7,
  0xc7, 0x0b, 0x4f, 0x1d, 0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78,
  0x73, 0x64, 0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
  0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e, 0x2b, 0x16,
  0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce, 0x45, 0xcb, 0x3a, 0x8f,
  0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
]);

export function init(): void {
  memory.fill(state, 0, stateBytes);
  store<u64>(state, prime32c);
  store<u64>(state, prime64a, 8);
  store<u64>(state, prime64b, 16);
  store<u64>(state, prime64c, 24);
  store<u64>(state, prime64d, 32);
  store<u64>(state, prime32b, 40);
  store<u64>(state, prime64e, 48);
  store<u64>(state, prime32a, 56);
}

export function update(length: u32): void {
  const before = load<u64>(total);
  store<u64>(total, before + length);
  if (before < headBytes) {
    memory.copy(head + <usize>before, input, <usize>min<u64>(headBytes - before, length));
  }
  let next = input;
  const end = input + length;
  while (next < end) {
    // A stripe is taken once a further byte is there: the very last stripe is another one.
    if (load<u32>(filled) === stripeBytes) {
      takeStripe(stripe);
      memory.copy(lastStripe, stripe, stripeBytes);
      store<u32>(filled, 0);
    }
    if (load<u32>(filled) === 0 && end - next > stripeBytes) {
      for (; end - next > stripeBytes; next += stripeBytes) takeStripe(next);
      memory.copy(lastStripe, next - stripeBytes, stripeBytes);
    }
    const already = load<u32>(filled);
    const count = min<u32>(stripeBytes - already, <u32>(end - next));
    memory.copy(stripe + already, next, count);
    store<u32>(filled, already + count);
    next += count;
  }
}

export function finish(): void {
  const length = load<u64>(total);
  let hash: u64 = 0;
  if (length === 0) hash = avalanche64(load<u64>(secret, 56) ^ load<u64>(secret, 64));
  else if (length <= 3) hash = hash1to3(<u32>length);
  else if (length <= 8) hash = hash4to8(<u32>length);
  else if (length <= 16) hash = hash9to16(<u32>length);
  else if (length <= 128) hash = hash17to128(<u32>length);
  else if (length <= 240) hash = hash129to240(<u32>length);
  else hash = hashLong(length);
  store<u64>(state, bswap<u64>(hash));
}

function takeStripe(from: usize): void {
  const taken = load<u32>(stripesTaken);
  accumulate(from, secret + (taken << 3));
  if (taken + 1 === stripesInBlock) scramble();
  store<u32>(stripesTaken, (taken + 1) & (stripesInBlock - 1));
}

function accumulateLane(from: usize, key: usize, lane: usize): void {
  const value = load<u64>(from + (lane << 3));
  const keyed = value ^ load<u64>(key + (lane << 3));
  const own = state + (lane << 3);
  const neighbour = state + ((lane ^ 1) << 3);
  store<u64>(neighbour, load<u64>(neighbour) + value);
  store<u64>(own, load<u64>(own) + (keyed & 0xffffffff) * (keyed >> 32));
}

function accumulate(from: usize, key: usize): void {
  accumulateLane(from, key, 0);
  accumulateLane(from, key, 1);
  accumulateLane(from, key, 2);
  accumulateLane(from, key, 3);
  accumulateLane(from, key, 4);
  accumulateLane(from, key, 5);
  accumulateLane(from, key, 6);
  accumulateLane(from, key, 7);
}

function scramble(): void {
  for (let offset: usize = 0; offset < 64; offset += 8) {
    const word = load<u64>(state + offset);
    store<u64>(state + offset, (word ^ (word >> 47) ^ load<u64>(secret + offset, 128)) * prime32a);
  }
}

function hashLong(length: u64): u64 {
  // The input's last 64 bytes: the end of the stripe taken last, and the one being filled.
  accumulate(stripe - stripeBytes + load<u32>(filled), secret + 121);
  let hash = length * prime64a;
  for (let pair: usize = 0; pair < 64; pair += 16) {
    hash += multiplyFold(
      load<u64>(state + pair) ^ load<u64>(secret + pair, 11),
      load<u64>(state + pair, 8) ^ load<u64>(secret + pair, 19),
    );
  }
  return avalanche(hash);
}

function hash1to3(length: u32): u64 {
  const byte1: u32 = load<u8>(head);
  const byte2: u32 = load<u8>(head + (length >> 1));
  const byte3: u32 = load<u8>(head + length - 1);
  const combined: u32 = (byte1 << 16) | (byte2 << 24) | byte3 | (length << 8);
  return avalanche64(<u64>combined ^ <u64>(load<u32>(secret) ^ load<u32>(secret, 4)));
}

function hash4to8(length: u32): u64 {
  const word = <u64>load<u32>(head + length - 4) + ((<u64>load<u32>(head)) << 32);
  let hash = word ^ load<u64>(secret, 8) ^ load<u64>(secret, 16);
  hash ^= rotl(hash, 49) ^ rotl(hash, 24);
  hash *= primeMix2;
  hash ^= (hash >> 35) + length;
  hash *= primeMix2;
  return hash ^ (hash >> 28);
}

function hash9to16(length: u32): u64 {
  const low = load<u64>(head) ^ load<u64>(secret, 24) ^ load<u64>(secret, 32);
  const high = load<u64>(head + length - 8) ^ load<u64>(secret, 40) ^ load<u64>(secret, 48);
  return avalanche(<u64>length + bswap<u64>(low) + high + multiplyFold(low, high));
}

function hash17to128(length: u32): u64 {
  let hash = <u64>length * prime64a;
  for (let index: u32 = 0; index <= (length - 1) >> 5; index++) {
    hash += mix16(head + (index << 4), secret + (index << 5));
    hash += mix16(head + length - ((index + 1) << 4), secret + (index << 5) + 16);
  }
  return avalanche(hash);
}

function hash129to240(length: u32): u64 {
  let hash = <u64>length * prime64a;
  for (let index: u32 = 0; index < 8; index++) hash += mix16(head + (index << 4), secret + (index << 4));
  hash = avalanche(hash);
  for (let index: u32 = 8; index < length >> 4; index++) {
    hash += mix16(head + (index << 4), secret + ((index - 8) << 4) + 3);
  }
  return avalanche(hash + mix16(head + length - 16, secret + 119));
}

function mix16(from: usize, key: usize): u64 {
  return multiplyFold(load<u64>(from) ^ load<u64>(key), load<u64>(from, 8) ^ load<u64>(key, 8));
}

/** Both halves of the product of 128 bits, one upon the other. */
function multiplyFold(left: u64, right: u64): u64 {
  const lowLow = (left & 0xffffffff) * (right & 0xffffffff);
  const highLow = (left >> 32) * (right & 0xffffffff);
  const lowHigh = (left & 0xffffffff) * (right >> 32);
  const highHigh = (left >> 32) * (right >> 32);
  const cross = (lowLow >> 32) + (highLow & 0xffffffff) + lowHigh;
  const upper = (highLow >> 32) + (cross >> 32) + highHigh;
  return ((cross << 32) | (lowLow & 0xffffffff)) ^ upper;
}

function avalanche(word: u64): u64 {
  let hash = word ^ (word >> 37);
  hash *= primeMix1;
  return hash ^ (hash >> 32);
}

function avalanche64(word: u64): u64 {
  let hash = word ^ (word >> 33);
  hash *= prime64b;
  hash ^= hash >> 29;
  hash *= prime64c;
  return hash ^ (hash >> 32);
}
