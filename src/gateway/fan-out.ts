/**
 * One stream of bytes to many uploads (design, "One pass").
 *
 * Each receiver takes the bytes from its own offset on; the chunk is shared, never copied. The pace is that of the slowest
 * live receiver, and one that takes no byte for `stallMs` while others wait is dropped. One that goes on from a part has
 * longer at first: git-annex hashes the part before it takes a byte. A receiver that fails is dropped, the others go on.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { Clock, Timer } from '../util/clock.ts';
import type { LinkedSignal } from '../util/linked-signal.ts';
import type { Upload } from '../remote/remote.ts';
import { explainFailures, type ClusterNode } from './cluster-node.ts';

export interface Receiver {
  readonly node: ClusterNode;
  readonly upload: Upload;
  /** Aborts the node's part alone. */
  readonly link: LinkedSignal;
}

export interface FanOutOptions {
  readonly receivers: readonly Receiver[];
  /** Where the bytes begin: the smallest offset of the receivers. */
  readonly offset: number;
  readonly clock: Clock;
  readonly stallMs: number;
  /** Told of each receiver that is dropped. */
  onDrop(receiver: Receiver, error: unknown): void;
}

export interface Dropped {
  readonly node: ClusterNode;
  readonly error: unknown;
}

export class FanOut {
  readonly #options: FanOutOptions;
  readonly #live: Set<Receiver>;
  readonly #dropped: Dropped[] = [];
  readonly #pieceBytes: number;
  #position: number;
  #closed = false;
  #round: Round | undefined;
  #timer: Timer | undefined;

  constructor(options: FanOutOptions) {
    this.#options = options;
    this.#live = new Set(options.receivers);
    this.#position = options.offset;
    const isNear = options.receivers.every(({ node }) => node.remote.traits.local);
    this.#pieceBytes = isNear ? Infinity : farPieceBytes;
  }

  get live(): readonly Receiver[] {
    return [...this.#live];
  }

  get dropped(): readonly Dropped[] {
    return this.#dropped;
  }

  /** How many bytes of the content have passed, the offset among them. */
  get position(): number {
    return this.#position;
  }

  /** Resolves when every live receiver can take more. Rejects when none is left. */
  async send(chunk: Uint8Array): Promise<void> {
    const pieceBytes = this.#pieceBytes;
    for (let start = 0; start < chunk.length; start += pieceBytes) {
      const piece = chunk.length <= pieceBytes ? chunk : chunk.subarray(start, start + pieceBytes);
      await this.#sendPiece(piece);
      if (this.#closed) throw new AnnexError('invariant', 'the upload was ended while it was sent to');
      if (this.#live.size === 0) throw this.#failure();
    }
  }

  /** Sends no more and ends the watch over stalls. Leaves the receivers alone. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #sendPiece(piece: Uint8Array): Promise<void> {
    const start = this.#position;
    this.#position += piece.length;
    await new Promise<void>((resolve) => {
      const round: Round = { pending: new Set(), waitingSinceMs: undefined, end: resolve };
      this.#round = round;
      for (const receiver of this.#live) {
        const skipBytes = Math.max(0, receiver.upload.offset - start);
        if (skipBytes >= piece.length) continue;
        round.pending.add(receiver);
        const bytes = skipBytes === 0 ? piece : piece.subarray(skipBytes);
        sendTo(receiver.upload, bytes).then(
          () => this.#taken(round, receiver),
          (error: unknown) => this.#drop(round, receiver, error),
        );
      }
      if (round.pending.size === 0) resolve();
      else if (round.pending.size < this.#live.size) this.#startWaiting(round);
    });
    this.#round = undefined;
  }

  #taken(round: Round, receiver: Receiver): void {
    if (!round.pending.delete(receiver)) return;
    if (round.pending.size === 0) round.end();
    else if (round.waitingSinceMs === undefined) this.#startWaiting(round);
  }

  #drop(round: Round, receiver: Receiver, error: unknown): void {
    // What fails after the end was ended by it.
    if (this.#live.delete(receiver) && !this.#closed) {
      this.#dropped.push({ node: receiver.node, error });
      this.#options.onDrop(receiver, error);
    }
    if (round.pending.delete(receiver) && round.pending.size === 0) round.end();
  }

  #startWaiting(round: Round): void {
    round.waitingSinceMs = this.#nowMs();
    // One timer serves many rounds: it is looked at when it ends, not cancelled with each chunk.
    this.#timer ??= this.#options.clock.after(this.#options.stallMs, () => this.#checkStall());
  }

  #checkStall(): void {
    this.#timer = undefined;
    const round = this.#round;
    if (round?.waitingSinceMs === undefined) return;
    const waitedMs = this.#nowMs() - round.waitingSinceMs;
    let nextMs = Infinity;
    for (const receiver of round.pending) {
      const limitMs = this.#stallMs(receiver);
      if (waitedMs < limitMs) {
        nextMs = Math.min(nextMs, limitMs - waitedMs);
        continue;
      }
      const error = new AnnexError('peer', `took no byte for ${Math.round(limitMs / 1000)} seconds`);
      // Aborted before the caller may overwrite the chunk, which the node then does not keep.
      void receiver.upload.abort();
      receiver.link.abort(error);
      this.#drop(round, receiver, error);
    }
    if (nextMs < Infinity) this.#timer = this.#options.clock.after(nextMs, () => this.#checkStall());
  }

  #stallMs({ upload }: Receiver): number {
    const { stallMs } = this.#options;
    return this.#position - upload.offset > bufferedBytes
      ? stallMs
      : stallMs + (upload.offset / hashedBytesPerSecond) * 1000;
  }

  #nowMs(): number {
    return this.#options.clock.elapsedSeconds() * 1000;
  }

  #failure(): AnnexError {
    const codes = new Set(
      this.#dropped.map(({ error }) => (error instanceof AnnexError ? error.code : 'peer')),
    );
    const [code, ...others] = codes;
    const message = `no node of the cluster took the content: ${explainFailures(this.#dropped)}`;
    return new AnnexError(code === undefined || others.length > 0 ? 'peer' : code, message);
  }
}

/** One piece on its way to the receivers. */
interface Round {
  readonly pending: Set<Receiver>;
  /** Since when a receiver that took the piece has been waiting for the others. */
  waitingSinceMs: number | undefined;
  end(): void;
}

/** A `send` that throws at once counts as one that rejects. */
async function sendTo(upload: Upload, bytes: Uint8Array): Promise<void> {
  await upload.send(bytes);
}

/** So much may be on the way to a node that has not begun to read. */
const bufferedBytes = 8 * 1024 * 1024;
/** Of a slow disk: git-annex hashes six times as much where it was measured. */
const hashedBytesPerSecond = 50_000_000;
// A far node that takes small pieces slowly is slow, not stalled. Disks are better off with whole chunks.
const farPieceBytes = 262_144;
