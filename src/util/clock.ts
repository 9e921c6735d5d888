/**
 * Time and chance as arguments. The universal folders never read the machine's clock or random numbers by themselves:
 * whoever starts the program hands them in, so that the simulator can run the same code under a seed.
 */

export interface Clock {
  /** Milliseconds since the epoch, with a fraction where the machine has one. */
  now(): number;
  /** Seconds of the machine's boot time clock (CLOCK_BOOTTIME on Linux), with a fraction. Never goes back. */
  monotonicSeconds(): number;
  /**
   * Seconds since some moment, for measuring how long ago something was: never goes back, may stand still while the machine
   * sleeps, and costs next to nothing. Means nothing to anybody else, unlike `monotonicSeconds`.
   */
  elapsedSeconds(): number;
  /** Calls back once after `delayMs`, unless cancelled. A waiting timer does not keep the program alive. */
  after(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** Uniform random bytes. */
export interface Rng {
  bytes(count: number): Uint8Array;
}
