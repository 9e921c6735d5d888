import { describe, expect, test } from 'vitest';
import { BufferPool, type PooledBuffer } from './buffer-pool.ts';

const mib = 1024 * 1024;

describe('the buffers of a transfer', () => {
  test('grow with its pace, and shrink when it stands', () => {
    let nowMs = 0;
    const pool = new BufferPool({ now: () => nowMs });
    const transfer = pool.transfer();
    const sizes: number[] = [];
    for (let count = 0; count < 200; count++) {
      const buffer = transfer.take();
      sizes.push(buffer.bytes.length);
      buffer.release();
      nowMs += 2;
    }
    expect(sizes[0]).toBe(64 * 1024);
    expect(sizes.at(-1)).toBe(mib);
    nowMs += 60_000;
    expect(transfer.isSlow).toBe(true);
    expect(transfer.take().bytes.length).toBe(16 * 1024);
  });

  test('are no larger than what is useful', () => {
    const transfer = new BufferPool().transfer();
    expect(transfer.take(1).bytes.length).toBe(1);
    expect(transfer.take(17_000).bytes.length).toBe(17_000);
  });

  test('are large for who is fast, though thousands took some and went no further', () => {
    let nowMs = 0;
    const pool = new BufferPool({ now: () => nowMs });
    const held: PooledBuffer[] = [];
    for (let count = 0; count < 1000; count++) {
      const transfer = pool.transfer();
      // The machine takes so much before it stands.
      for (let taken = 0; taken < 3 * mib; ) {
        const buffer = transfer.take();
        taken += buffer.bytes.length;
        if (taken < 3 * mib) buffer.release();
        else held.push(buffer, transfer.take());
      }
      nowMs += 1;
    }
    expect(pool.outBytes).toBeLessThan(64 * mib + 2000 * 16 * 1024);
    const fast = pool.transfer();
    let size = 0;
    for (let count = 0; count < 500; count++) {
      const buffer = fast.take();
      size = buffer.bytes.length;
      buffer.release();
      nowMs += 1;
    }
    expect(size).toBeGreaterThanOrEqual(512 * 1024);
    for (const buffer of held) buffer.release();
    for (const buffer of held) buffer.release();
    expect(pool.outBytes).toBe(0);
  });

  test('share the budget evenly where all are fast', () => {
    let nowMs = 0;
    const pool = new BufferPool({ now: () => nowMs });
    const transfers = Array.from({ length: 50 }, () => pool.transfer());
    const held = new Map<number, PooledBuffer>();
    for (let round = 0; round < 100; round++) {
      for (const [at, transfer] of transfers.entries()) {
        held.get(at)?.release();
        held.set(at, transfer.take());
      }
      nowMs += 2;
    }
    expect(pool.outBytes).toBeLessThanOrEqual(64 * mib);
    const sizes = [...held.values()].map(({ bytes }) => bytes.length);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(128 * 1024);
  });
});
