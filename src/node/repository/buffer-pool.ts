/**
 * Buffers for moving content, out of one budget for all transfers of the process. How large a transfer's buffers are goes by
 * how fast its bytes move: 1 MiB each from 20 MB/s on, 64 KiB to 256 KiB at its beginning, 16 KiB where it hardly moves.
 * Small and large ones have shares of their own, which are divided evenly among those that are out: however many clients
 * take nothing, memory is bounded, and whoever is fast still has large buffers.
 *
 * Buffers given back are used again, since fresh memory costs as much as a read from the page cache.
 */

export interface PooledBuffer {
  readonly bytes: Uint8Array;
  /** Calling it again does nothing. */
  release(): void;
}

/** The buffers of one transfer. */
export interface TransferBuffers {
  /**
   * The next buffer, taken when what the last one held has moved on: of at most `usefulBytes`, when that is known, and of at
   * most what the transfer's pace and the budget allow.
   */
  take(usefulBytes?: number): PooledBuffer;
  /** Whether it moves so slowly that one buffer at a time will do. */
  readonly isSlow: boolean;
}

export interface BufferPoolOptions {
  /** 64 MiB unless told. Beyond it, buffers of 16 KiB are still given. */
  readonly budgetBytes?: number;
  /** In ms, from any beginning. */
  readonly now?: () => number;
}

export class BufferPool {
  readonly #small: Share;
  readonly #large: Share;
  readonly #now: () => number;
  readonly #free = new Map<number, Uint8Array[]>();
  #freeBytes = 0;

  constructor({ budgetBytes = 64 * 1024 * 1024, now = () => performance.now() }: BufferPoolOptions = {}) {
    this.#small = new Share(budgetBytes / 4);
    this.#large = new Share((budgetBytes / 4) * 3);
    this.#now = now;
  }

  /** For a transfer that begins now. */
  transfer(): TransferBuffers {
    const pace = new Pace(this.#now);
    return {
      take: (usefulBytes = maxBufferBytes) => {
        const buffer = this.#take(pace.wantedBytes(), { usefulBytes, isProven: pace.isProven });
        pace.moved(buffer.bytes.length);
        return buffer;
      },
      get isSlow() {
        return pace.wantedBytes() < firstBufferBytes;
      },
    };
  }

  /** For work at the server's own pace. */
  take(): PooledBuffer {
    return this.#take(workBufferBytes, { usefulBytes: workBufferBytes, isProven: true });
  }

  /** How many bytes are out. */
  get outBytes(): number {
    return this.#small.outBytes + this.#large.outBytes;
  }

  #take(paceBytes: number, { usefulBytes, isProven }: Wish): PooledBuffer {
    const wanted = Math.min(Math.max(minBufferBytes, ceilPowerOfTwo(usefulBytes)), paceBytes);
    const large = Math.min(wanted, this.#large.fairBytes(isProven ? 1 : shareOfUnproven));
    const share = large > firstBufferBytes ? this.#large : this.#small;
    const small = clamp(minBufferBytes, Math.min(wanted, share.fairBytes(1)), firstBufferBytes);
    const sizeBytes = share === this.#large ? large : small;
    const whole = this.#reuse(sizeBytes) ?? new Uint8Array(Buffer.allocUnsafeSlow(sizeBytes).buffer);
    share.outBytes += sizeBytes;
    let released = false;
    return {
      bytes: usefulBytes < sizeBytes ? whole.subarray(0, usefulBytes) : whole,
      release: () => {
        if (released) return;
        released = true;
        share.outBytes -= sizeBytes;
        this.#keep(whole);
      },
    };
  }

  #reuse(sizeBytes: number): Uint8Array | undefined {
    const found = this.#free.get(sizeBytes)?.pop();
    if (found !== undefined) this.#freeBytes -= sizeBytes;
    return found;
  }

  #keep(bytes: Uint8Array): void {
    if (this.#freeBytes + bytes.length > maxFreeBytes) return;
    const list = this.#free.get(bytes.length);
    if (list === undefined) this.#free.set(bytes.length, [bytes]);
    else list.push(bytes);
    this.#freeBytes += bytes.length;
  }
}

interface Wish {
  readonly usefulBytes: number;
  readonly isProven: boolean;
}

class Share {
  outBytes = 0;
  readonly #budgetBytes: number;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** A part of what is left (of a part of the budget): as buffers come and go, each of n comes to have a share of n + 4. */
  fairBytes(part: number): number {
    return floorPowerOfTwo((this.#budgetBytes * part - this.outBytes) / 4);
  }
}

/**
 * How fast a transfer goes: what it moved in the last second, or in the one before. The machine itself takes some MiB for
 * a client that never reads them, and takes them fast: until more than that has gone a transfer has shown nothing.
 */
class Pace {
  readonly #now: () => number;
  #sinceMs: number;
  #movedBytes = 0;
  #windowBytes = 0;
  /** Undefined in the first window. */
  #lastWindowBytes: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
    this.#sinceMs = now();
  }

  moved(bytes: number): void {
    this.#movedBytes += bytes;
    this.#windowBytes += bytes;
  }

  get isProven(): boolean {
    return this.#movedBytes > provenBytes;
  }

  wantedBytes(): number {
    const elapsedMs = this.#now() - this.#sinceMs;
    if (elapsedMs > windowMs) {
      this.#lastWindowBytes = elapsedMs > 2 * windowMs ? 0 : this.#windowBytes;
      this.#windowBytes = 0;
      this.#sinceMs += elapsedMs;
    }
    if (this.#lastWindowBytes === undefined && !this.isProven)
      return clamp(firstBufferBytes, floorPowerOfTwo(this.#movedBytes), unprovenBufferBytes);
    const perWindow = Math.max(this.#windowBytes, this.#lastWindowBytes ?? 0);
    return clamp(minBufferBytes, floorPowerOfTwo(perWindow * (bufferMs / windowMs)), maxBufferBytes);
  }
}

function clamp(least: number, value: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

function floorPowerOfTwo(value: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(1, value)));
}

function ceilPowerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}

const maxBufferBytes = 1024 * 1024;
const firstBufferBytes = 64 * 1024;
const workBufferBytes = 256 * 1024;
const minBufferBytes = 16 * 1024;
/** Kept for reuse at most. */
const maxFreeBytes = 32 * 1024 * 1024;
const windowMs = 1000;
/** A buffer is to hold what moves in this time. */
const bufferMs = 50;
/** More than a machine keeps for a client that reads nothing (Linux: up to 4 MiB, its own records of them included). */
const provenBytes = 4 * 1024 * 1024;
const unprovenBufferBytes = 256 * 1024;
const shareOfUnproven = 1 / 4;
