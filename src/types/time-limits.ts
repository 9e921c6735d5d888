/**
 * For how long others are waited for, and what they hold is kept. Clients count on these times: only tests shorten them.
 */

export interface TimeLimits {
  /** A content lock holds for so long after it was taken or last kept, whatever became of who took it. */
  readonly lockMs: number;
  /** Who sends no byte for so long in the middle of a message is dropped. */
  readonly stallMs: number;
  /**
   * Who takes no byte for so long, or does not go on with what it began, is dropped. Longer than the above: a machine
   * notices bytes that are taken only when a good part of its buffers has gone.
   */
  readonly patienceMs: number;
  /** A conversation with a node is kept for so long when nobody uses it. */
  readonly idleMs: number;
}

export const usualLimits: TimeLimits = {
  lockMs: 600_000,
  stallMs: 60_000,
  patienceMs: 300_000,
  idleMs: 20_000,
};

/**
 * How much longer a repository may take that has to read so many bytes again, or to pass them on, before it goes on. It
 * does not say that it lives meanwhile. For 100 GB it is seven hours; git-annex hashes them in five minutes where the
 * disk keeps up, and who is slower has a slow disk, or a proxied special remote at the end of a slow line.
 */
export function workMs(bytes: number): number {
  return (bytes / slowestBytesPerSecond) * 1000;
}

const slowestBytesPerSecond = 4_000_000;
