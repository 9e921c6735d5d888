// What can be fuzzed: something that takes bytes of a stranger.
import { AnnexError, type ErrorCode } from '../../../src/types/annex-error.ts';
import type { ByteString } from '../../../src/util/byte-string.ts';

export interface FuzzTarget {
  readonly name: string;
  /** Sensible inputs, to begin with. */
  readonly seeds: readonly ByteString[];
  /** Throws where the input did what it must not. */
  readonly run: (input: ByteString) => void | Promise<void>;
}

/** Runs what may throw errors of these codes, and no others. */
export function expecting<T>(codes: readonly ErrorCode[], run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof AnnexError && codes.includes(error.code)) return undefined;
    throw error;
  }
}

export function insist(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
