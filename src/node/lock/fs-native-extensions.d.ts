// The parts of the package that we use; it ships no types of its own.
declare module 'fs-native-extensions' {
  /** False where another open file holds a conflicting lock. Length 0: to the end of the file. */
  export function tryLock(fd: number, offset: number, length: number, options: { shared: boolean }): boolean;
  export function unlock(fd: number, offset?: number, length?: number): void;
}
