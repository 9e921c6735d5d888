/**
 * The machine's clock and randomness, handed to everything that takes a Clock or an Rng.
 *
 * The monotonic clock is the one git-annex sends as its timestamp: seconds since boot, suspended time included, so that
 * times which a real git-annex took on this machine can be compared with ours. /proc/uptime is that clock on Linux.
 */

import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { Clock, Rng, Timer } from '../util/clock.ts';

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now() + wallDriftMs(),
  monotonicSeconds,
  elapsedSeconds: () => performance.now() / 1000,
  after(delayMs: number, callback: () => void): Timer {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** The machine's cryptographic randomness. */
export const systemRng: Rng = {
  bytes(count: number): Uint8Array {
    if (count > maxPooledBytes) return new Uint8Array(randomBytes(count));
    if (pooled.length - pooledUsed < count) {
      pooled = new Uint8Array(randomBytes(pooledBytes));
      pooledUsed = 0;
    }
    const bytes = pooled.slice(pooledUsed, pooledUsed + count);
    pooled.fill(0, pooledUsed, pooledUsed + count);
    pooledUsed += count;
    return bytes;
  },
};

// Requests to clusters want a few bytes each, and asking for 4 KiB costs as much.
const pooledBytes = 4096;
const maxPooledBytes = 256;
let pooled = new Uint8Array(0);
let pooledUsed = 0;

/** `performance` does not follow a wall clock that was set; keep its fraction only while it agrees with the wall clock. */
function wallDriftMs(): number {
  const drift = Date.now() - (performance.timeOrigin + performance.now());
  return Math.abs(drift) < 2 ? 0 : drift;
}

/** Read anew each time through a descriptor that stays open: the file is made on each read. */
function monotonicSeconds(): number {
  if (uptimeDescriptor === undefined) return Number(process.hrtime.bigint()) / 1e9;
  const text = Buffer.alloc(64);
  const length = readSync(uptimeDescriptor, text, 0, text.length, 0);
  const seconds = Number(text.toString('latin1', 0, length).split(' ', 1)[0]);
  if (!Number.isFinite(seconds) || length === 0) throw new Error('/proc/uptime cannot be read');
  return seconds;
}

const uptimeDescriptor = openUptime();

function openUptime(): number | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync('/proc/uptime', 'r');
    readSync(descriptor, Buffer.alloc(8), 0, 8, 0);
    return descriptor;
  } catch {
    if (descriptor !== undefined) closeSync(descriptor);
    return undefined;
  }
}
