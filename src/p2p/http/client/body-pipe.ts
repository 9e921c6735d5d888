/**
 * Hands chunks from one who sends to the transport that takes them, one at a time: `send` resolves when the next chunk is
 * asked for, since the one before has been taken then. Nothing is copied and nothing is queued.
 */

interface Offer {
  readonly chunk: Uint8Array;
  readonly taken: () => void;
}

export class BodyPipe implements AsyncIterableIterator<Uint8Array, undefined> {
  #offer: Offer | undefined;
  /** Of the chunk that the reader has. */
  #taken: (() => void) | undefined;
  #waiting: (() => void) | undefined;
  /** What comes after the last `send`. */
  #tail: Uint8Array[] | undefined;
  #isClosed = false;

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whether nothing is wanted any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when the chunk was taken, or is not wanted any more. One at a time. */
  send(chunk: Uint8Array): Promise<void> {
    if (this.#isClosed || this.#tail !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#offer = { chunk, taken: resolve };
      this.#wake();
    });
  }

  /**
   * Ends the body with these chunks. One that is being sent comes before them, but whoever sends it is let go: all of
   * them must stay as they are.
   */
  end(tail: readonly Uint8Array[]): void {
    this.#tail ??= [...tail];
    this.#letGo();
    this.#offer?.taken();
    this.#wake();
  }

  /** Nothing is wanted any more; whoever sends is let go. */
  close(): void {
    this.#isClosed = true;
    this.#letGo();
    this.#offer?.taken();
    this.#offer = undefined;
    this.#wake();
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#letGo();
    while (!this.#isClosed) {
      const offer = this.#offer;
      if (offer !== undefined) {
        this.#offer = undefined;
        this.#taken = offer.taken;
        return { done: false, value: offer.chunk };
      }
      if (this.#tail !== undefined) {
        const value = this.#tail.shift();
        return value === undefined ? ended : { done: false, value };
      }
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return ended;
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.close();
    return Promise.resolve(ended);
  }

  #letGo(): void {
    this.#taken?.();
    this.#taken = undefined;
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

const ended = { done: true, value: undefined } as const;
