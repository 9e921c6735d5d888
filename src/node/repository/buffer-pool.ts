/**
 * Buffers for moving content, out of one budget for all transfers of the process: 1 MiB each while few are out, down to
 * 16 KiB when a thousand are, so that memory stays bounded whatever the number of clients. Buffers given back are used
 * again, since fresh memory costs as much as a read from the page cache.
 */

export interface PooledBuffer {
  readonly bytes: Uint8Array;
  /** Calling it again does nothing. */
  release(): void;
}

export class BufferPool {
  readonly #budgetBytes: number;
  readonly #free = new Map<number, Uint8Array[]>();
  #out = 0;
  #freeBytes = 0;

  constructor(budgetBytes: number = 64 * 1024 * 1024) {
    this.#budgetBytes = budgetBytes;
  }

  /** A buffer of at most `usefulBytes`, when that is known, and of at most what the budget allows. */
  take(usefulBytes: number = maxBufferBytes): PooledBuffer {
    const fair = floorPowerOfTwo(this.#budgetBytes / (this.#out + spareBuffers));
    const sizeBytes = Math.max(minBufferBytes, Math.min(maxBufferBytes, fair));
    const wanted =
      usefulBytes >= sizeBytes ? sizeBytes : Math.max(minBufferBytes, ceilPowerOfTwo(usefulBytes));
    const whole = this.#reuse(wanted) ?? new Uint8Array(Buffer.allocUnsafeSlow(wanted).buffer);
    this.#out++;
    let released = false;
    return {
      bytes: usefulBytes < whole.length ? whole.subarray(0, usefulBytes) : whole,
      release: () => {
        if (released) return;
        released = true;
        this.#out--;
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

function floorPowerOfTwo(value: number): number {
  return 2 ** Math.floor(Math.log2(value));
}

function ceilPowerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}

const maxBufferBytes = 1024 * 1024;
const minBufferBytes = 16 * 1024;
/** Kept for reuse at most. */
const maxFreeBytes = 16 * 1024 * 1024;
/** With so many buffers out, the next still gets its full share. */
const spareBuffers = 8;
