import { describe, expect, test } from 'vitest';
import { parseKey, type Key } from '../types/key.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import { MemorySizes } from './memory-sizes.ts';

const first = uuid('11111111-1111-4111-8111-111111111111');
const second = uuid('22222222-2222-4222-8222-222222222222');
const ten = key('SHA256-s10--a');
const seven = key('SHA256-s7--b');
const unsized = key('URL--http://example.com/');

function uuid(text: string): UUID {
  const parsed = parseUUID(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

function key(text: string): Key {
  const parsed = parseKey(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

describe('MemorySizes', () => {
  test('counts what is logged and what is reserved', () => {
    const sizes = new MemorySizes([[first, 100n]]);
    expect(sizes.sizeOf(second)).toBeUndefined();
    sizes.setPresent(ten, second, true);
    sizes.setPresent(ten, second, true);
    const held = sizes.reserve(seven, [first, second]);
    expect([sizes.sizeOf(first), sizes.sizeOf(second)]).toEqual([107n, 17n]);
    held.release(second);
    held.release(second);
    expect([sizes.sizeOf(first), sizes.sizeOf(second)]).toEqual([107n, 10n]);
    expect([...held.uuids]).toEqual([first]);
    held.release();
    expect(sizes.sizeOf(first)).toBe(100n);
  });

  test('a key that two reserve at one repository counts once', () => {
    const sizes = new MemorySizes([[first, 0n]]);
    const one = sizes.reserve(ten, [first]);
    const other = sizes.reserve(ten, [first]);
    expect(sizes.sizeOf(first)).toBe(10n);
    one.release();
    expect(sizes.sizeOf(first)).toBe(10n);
    other.release();
    expect(sizes.sizeOf(first)).toBe(0n);
  });

  test('what is logged by now is not counted twice until it is released', () => {
    const sizes = new MemorySizes([[first, 0n]]);
    const held = sizes.reserve(ten, [first]);
    sizes.setPresent(ten, first, true);
    expect(sizes.sizeOf(first)).toBe(10n);
    sizes.setPresent(ten, first, false);
    expect(sizes.sizeOf(first)).toBe(10n);
    held.release();
    expect(sizes.sizeOf(first)).toBe(0n);
    sizes.setPresent(seven, first, true);
    expect(sizes.reserve(seven, [first]).uuids.size).toBe(1);
    expect(sizes.sizeOf(first)).toBe(7n);
  });

  test('a key of unknown size takes no room', () => {
    const sizes = new MemorySizes([[first, 0n]]);
    sizes.reserve(unsized, [first]);
    expect(sizes.sizeOf(first)).toBe(0n);
  });

  test('a judgement passes on what it returns and throws, and an aborted one is not made', async () => {
    const sizes = new MemorySizes([[first, 1n]]);
    expect(await sizes.exclusively((ledger) => ledger.sizeOf(first))).toBe(1n);
    await expect(
      sizes.exclusively(() => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    const reason = new Error('gone');
    await expect(
      sizes.exclusively(() => expect.unreachable(), { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
  });
});
