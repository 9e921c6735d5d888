/**
 * A connection to a unix socket or a TCP port as a Channel. Each side ends on its own: what the other side still says
 * after ours has ended arrives.
 */

import { connect, type Socket } from 'node:net';
import { AnnexError } from '../../types/annex-error.ts';
import type { Channel } from '../../p2p/channel.ts';
import { streamChannel } from './stream-channel.ts';

export type SocketAddress = { readonly path: string } | { readonly host: string; readonly port: number };

export interface ConnectSocketOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Rejects with AnnexError('peer') where nobody answers in time, and with the signal's reason. */
export async function connectSocket(
  address: SocketAddress,
  { timeoutMs, signal }: ConnectSocketOptions,
): Promise<Channel> {
  signal.throwIfAborted();
  const socket = connect({ ...address, allowHalfOpen: true });
  try {
    await connected(socket, { timeoutMs, signal });
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new AnnexError('peer', `cannot connect to ${addressText(address)}: ${reason}`, { cause: error });
  }
  socket.setNoDelay(true);
  return streamChannel(socket, socket);
}

function connected(socket: Socket, { timeoutMs, signal }: ConnectSocketOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => end(new Error('aborted'));
    const timer = setTimeout(() => end(new Error(`no answer within ${timeoutMs / 1000} seconds`)), timeoutMs);
    const end = (error?: Error): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      if (error === undefined) resolve();
      else reject(error);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => end());
    // For good: an error after the socket was given up must not end the process.
    socket.on('error', end);
  });
}

function addressText(address: SocketAddress): string {
  return 'path' in address ? address.path : `${address.host} port ${address.port}`;
}
