// A client by hand at one of a gateway's doors. It takes nothing that it is not told to take, so that it can stop reading.
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Where a visitor knocks: a port of this machine or a unix socket. */
export type Place = { readonly port: number } | { readonly path: string };

export class Visitor {
  readonly stream: Duplex;
  #ended = false;
  #receivedBytes = 0;
  readonly #closed: Promise<void>;
  /** What was read and not yet heard. */
  #rest: Buffer = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('readable', () => this.#wake());
    this.#closed = new Promise((resolve) => {
      const ended = (): void => {
        this.#ended = true;
        this.#wake();
        resolve();
      };
      stream.on('error', ended).on('close', ended).on('end', ended);
    });
  }

  static async open(place: Place): Promise<Visitor> {
    const socket = connect({
      ...place,
      ...('port' in place ? { host: '127.0.0.1' } : {}),
      allowHalfOpen: true,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new Visitor(socket);
  }

  /** Whether the other side has ended. It is noticed only by who reads. */
  get isEnded(): boolean {
    return this.#ended;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Hands bytes to the machine, which may fail unnoticed. */
  say(bytes: string | Uint8Array): void {
    this.stream.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** The next line, without its end. Rejects where the other side ends before. */
  async hearLine(): Promise<string> {
    const bytes: number[] = [];
    for (;;) {
      const [byte = 0] = await this.hear(1);
      if (byte === 0x0a) return Buffer.from(bytes).toString('latin1');
      bytes.push(byte);
    }
  }

  /** Exactly so many bytes. Rejects where the other side ends before. */
  async hear(count: number): Promise<Buffer> {
    while (this.#rest.length < count) {
      const chunk = this.stream.read() as Buffer | null;
      if (chunk !== null) this.#rest = Buffer.concat([this.#rest, chunk]);
      else if (this.#ended) throw new Error('the other side ended');
      else await this.#more();
    }
    const bytes = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    this.#receivedBytes += count;
    return bytes;
  }

  /** Reads whatever still comes, and resolves at the end of it. */
  async untilEnded(): Promise<void> {
    this.#receivedBytes += this.#rest.length;
    this.stream.removeAllListeners('readable');
    this.stream.on('data', (chunk: Buffer) => void (this.#receivedBytes += chunk.length));
    this.stream.resume();
    await this.#closed;
  }

  /** Breaks the connection off: a reset where there is such a thing. */
  reset(): void {
    const socket = this.stream as Partial<Socket>;
    if (socket.remotePort === undefined) this.stream.destroy();
    else socket.resetAndDestroy?.();
  }

  /** As the system does for a process that has ended. */
  close(): void {
    this.stream.destroy();
  }

  /** Says that nothing more will be said, and stays. */
  halfClose(): void {
    this.stream.end();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
