/**
 * Standard input and output as a Channel. Where they are pipes or sockets they get streams of their own: Node's
 * `process.stdout` writes to a pipe without giving way, and a reader that takes its time would stop everything else,
 * signals included. Nothing else in the process may touch `process.stdin` and `process.stdout`.
 */

import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import process from 'node:process';
import type { Channel } from '../../p2p/channel.ts';
import { streamChannel } from './stream-channel.ts';

export function stdioChannel(): Channel {
  const readable = isPipe(0) ? new Socket({ fd: 0, readable: true, writable: false }) : process.stdin;
  const writable = isPipe(1) ? new Socket({ fd: 1, readable: false, writable: true }) : process.stdout;
  return streamChannel(readable, writable);
}

function isPipe(descriptor: number): boolean {
  const stats = fstatSync(descriptor);
  return stats.isFIFO() || stats.isSocket();
}
