/**
 * Lines and counted bytes over a Channel: what both the client's and the server's side of the P2P protocol speak through.
 *
 * A line ends with LF; one CR before it is taken away. A line longer than git-annex takes breaks the conversation
 * (AnnexError `framing`), since nothing that follows could be told apart. After `DATA n` exactly n bytes are content,
 * and the next line begins right behind them: who receives `DATA` takes its bytes before the next message.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { TimeLimits } from '../types/time-limits.ts';
import { bytesToByteString, byteStringToBytes, type ByteString } from '../util/byte-string.ts';
import type { Clock } from '../util/clock.ts';
import type { Channel } from './channel.ts';
import { formatMessage, parseMessage, type Message } from './message.ts';

/** A line that is no message. */
export interface Unparsable {
  readonly type: 'unparsable';
  readonly line: ByteString;
}

export interface WireOptions {
  readonly clock: Clock;
  readonly limits: Pick<TimeLimits, 'stallMs' | 'patienceMs'>;
  /** What errors call the other side. */
  readonly who?: string | undefined;
}

export class Wire {
  readonly channel: Channel;
  readonly #options: WireOptions | undefined;
  /** What was read and not yet taken. */
  #rest: Uint8Array = nothing;
  #isEnded = false;
  /** At most one read of the channel runs. */
  #filling: Promise<boolean> | undefined;

  /**
   * With limits, an other side that keeps us waiting in the middle of something for longer ends the channel. Between
   * messages it may be silent for as long as it likes.
   */
  constructor(channel: Channel, options?: WireOptions) {
    this.channel = channel;
    this.#options = options;
  }

  /**
   * The next message; undefined at the clean end of the other side.
   * @param isDue whether it belongs to something that has begun, which the limits are for
   */
  async receive({
    isDue = false,
  }: {
    readonly isDue?: boolean;
  } = {}): Promise<Message | Unparsable | undefined> {
    const line = await this.#readLine(isDue ? this.#options?.limits.patienceMs : undefined);
    if (line === undefined) return undefined;
    return parseMessage(line) ?? { type: 'unparsable', line };
  }

  /**
   * Looks ahead, for who waits for something else meanwhile: true when the other side has sent something, which is kept
   * for `receive`; false at its end. Rejects when the channel breaks.
   */
  async hasMore(): Promise<boolean> {
    return this.#rest.length > 0 || (await this.#fill());
  }

  /** Resolves when the other side has been given the message. */
  async send(message: Message): Promise<void> {
    await this.sendBytes(byteStringToBytes(`${formatMessage(message)}\n`));
  }

  /**
   * The bytes that follow a `DATA`: exactly `lengthBytes`, or an AnnexError `framing` where the other side ended before.
   * Chunks may be overwritten once the next is asked for. All must be taken before `receive` is called again.
   */
  async *receiveData(lengthBytes: number): AsyncGenerator<Uint8Array, undefined> {
    let leftBytes = lengthBytes;
    while (leftBytes > 0) {
      if (this.#rest.length === 0 && !(await this.#fill(this.#options?.limits.stallMs))) {
        throw new AnnexError(
          'framing',
          `expected ${lengthBytes} bytes of data but the connection ended ${leftBytes} bytes before`,
        );
      }
      const chunk = this.#rest.subarray(0, leftBytes);
      this.#rest = this.#rest.subarray(chunk.length);
      leftBytes -= chunk.length;
      yield chunk;
    }
    return undefined;
  }

  /** @param moreMs how much longer than usual the other side may take no byte */
  async sendBytes(chunk: Uint8Array, moreMs: number = 0): Promise<void> {
    const { patienceMs } = this.#options?.limits ?? {};
    const limitMs = patienceMs === undefined ? undefined : patienceMs + moreMs;
    // The channel tells of a piece when it has gone whole: who takes a large chunk slowly takes a piece in time.
    for (let start = 0; start === 0 || start < chunk.length; start += pieceBytes) {
      const piece = chunk.length <= pieceBytes ? chunk : chunk.subarray(start, start + pieceBytes);
      await this.#within(limitMs, 'took no byte', this.channel.write(piece));
    }
  }

  async #readLine(firstLimitMs: number | undefined): Promise<ByteString | undefined> {
    let line = '';
    for (;;) {
      const limitMs = line === '' ? firstLimitMs : this.#options?.limits.stallMs;
      if (this.#rest.length === 0 && !(await this.#fill(limitMs))) {
        if (line === '') return undefined;
        throw new AnnexError('framing', 'the connection ended in the middle of a line');
      }
      const at = this.#rest.indexOf(lineFeed);
      const end = at === -1 ? this.#rest.length : at;
      if (line.length + end > maxLineBytes) {
        throw new AnnexError('framing', `a line of more than ${maxLineBytes} bytes`);
      }
      line += bytesToByteString(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(at === -1 ? end : end + 1);
      if (at !== -1) return line.endsWith('\r') ? line.slice(0, -1) : line;
    }
  }

  async #fill(limitMs?: number): Promise<boolean> {
    this.#filling ??= this.#read().finally(() => (this.#filling = undefined));
    return await this.#within(limitMs, 'sent no byte', this.#filling);
  }

  async #within<T>(limitMs: number | undefined, fault: string, moving: Promise<T>): Promise<T> {
    if (limitMs === undefined || this.#options === undefined) return await moving;
    const { clock, who = 'the other side' } = this.#options;
    const timer = clock.after(limitMs, () =>
      this.channel.destroy(new AnnexError('peer', `${who} ${fault} for ${Math.round(limitMs / 1000)} s`)),
    );
    try {
      return await moving;
    } finally {
      timer.cancel();
    }
  }

  async #read(): Promise<boolean> {
    while (!this.#isEnded) {
      const bytes = await this.channel.read();
      if (bytes === undefined) {
        this.#isEnded = true;
      } else if (bytes.length > 0) {
        this.#rest = bytes;
        return true;
      }
    }
    return false;
  }
}

const nothing = new Uint8Array(0);
const lineFeed = 0x0a;
/** git-annex gives up on longer ones. */
const maxLineBytes = 32_768;
const pieceBytes = 262_144;
