/** Two channels joined back to back in memory, for tests and the simulator. Writes wait until they are read. */

import type { Channel } from './channel.ts';

/** What one end writes the other reads. */
export function memoryChannels(): readonly [Channel, Channel] {
  const there = new MemoryPipe();
  const back = new MemoryPipe();
  return [new MemoryChannel(back, there), new MemoryChannel(there, back)];
}

class MemoryChannel implements Channel {
  readonly #from: MemoryPipe;
  readonly #to: MemoryPipe;

  constructor(from: MemoryPipe, to: MemoryPipe) {
    this.#from = from;
    this.#to = to;
  }

  async read(): Promise<Uint8Array | undefined> {
    return await this.#from.read();
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#to.write(bytes);
  }

  end(): Promise<void> {
    this.#to.end();
    return Promise.resolve();
  }

  destroy(reason: Error = new Error('the channel was destroyed')): void {
    this.#from.destroy(reason);
    this.#to.destroy(reason);
  }
}

interface Written {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

interface Reader {
  readonly resolve: (bytes: Uint8Array | undefined) => void;
  readonly reject: (reason: Error) => void;
}

class MemoryPipe {
  readonly #written: Written[] = [];
  #reader: Reader | undefined;
  #isEnded = false;
  #broken: Error | undefined;

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#isEnded) throw new Error('written after the end');
    await new Promise<void>((resolve, reject) => {
      this.#written.push({ bytes, resolve, reject });
      this.#move();
    });
  }

  async read(): Promise<Uint8Array | undefined> {
    return await new Promise((resolve, reject) => {
      if (this.#broken !== undefined) return reject(this.#broken);
      if (this.#reader !== undefined) return reject(new Error('a read is running already'));
      this.#reader = { resolve, reject };
      this.#move();
    });
  }

  end(): void {
    this.#isEnded = true;
    this.#move();
  }

  destroy(reason: Error): void {
    if (this.#broken !== undefined) return;
    this.#broken = reason;
    this.#reader?.reject(reason);
    this.#reader = undefined;
    for (const written of this.#written.splice(0)) written.reject(reason);
  }

  #move(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    const next = this.#written.shift();
    if (next === undefined && !this.#isEnded) return;
    this.#reader = undefined;
    reader.resolve(next?.bytes.slice());
    next?.resolve();
  }
}
