/**
 * Options before a git command that writes what exists nowhere else afterwards. By default git flushes neither loose
 * objects nor the index to the disk; a git too old for these settings passes over them.
 */

export const durable: readonly string[] = [
  '-c',
  'core.fsync=all',
  '-c',
  'core.fsyncMethod=batch',
  '-c',
  'core.fsyncObjectFiles=true',
];
