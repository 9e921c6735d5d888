/**
 * CONNECT: a client of the line protocol speaks with git through us (interop reference §4.12), as `git fetch` and
 * `git push` do over tor-annex:: and p2p-annex:: remotes.
 *
 *     C: CONNECT git-upload-pack
 *     S: DATA n …          what git prints, at most 64 KiB at a time; and the client the same for what git reads
 *     C: CONNECTDONE 0
 *     S: CONNECTDONE 0     git's exit code
 */

import { spawn } from 'node:child_process';
import type { GitService } from '../../p2p/message.ts';
import type { Wire } from '../../p2p/wire.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { gitEnvironment } from './git-environment.ts';

export interface GitRelayOptions {
  readonly gitDir: string;
  readonly signal: AbortSignal;
}

/** Resolves when git has ended and the client was told. Throws where the wire breaks or the client talks nonsense. */
export async function relayGit(service: GitService, wire: Wire, options: GitRelayOptions): Promise<void> {
  const { gitDir, signal } = options;
  const child = spawn('git', [service.slice('git-'.length), gitDir], {
    env: gitEnvironment(undefined),
    stdio: ['pipe', 'pipe', 'ignore'],
    signal,
  });
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(spawnFailed));
    child.once('close', (code) => resolve(code ?? spawnFailed));
  });
  child.stdin.on('error', () => undefined);
  const fed = feed(wire, child.stdin);
  // Git may end before the client has; what it still sends is of no use then.
  fed.catch(() => child.kill('SIGTERM'));
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) await sendData(wire, chunk);
    const exitCode = await ended;
    await wire.send({ type: 'CONNECTDONE', exitCode });
    await fed;
  } catch (error) {
    child.kill('SIGTERM');
    await ended;
    signal.throwIfAborted();
    throw error;
  }
}

async function sendData(wire: Wire, chunk: Uint8Array): Promise<void> {
  for (let start = 0; start < chunk.length; start += maxDataBytes) {
    const piece = chunk.subarray(start, start + maxDataBytes);
    await wire.send({ type: 'DATA', lengthBytes: piece.length });
    await wire.sendBytes(piece);
  }
}

/** Hands git what the client sends, until the client is done. */
async function feed(wire: Wire, stdin: NodeJS.WritableStream): Promise<void> {
  try {
    for (;;) {
      const message = await wire.receive();
      if (message === undefined || message.type === 'CONNECTDONE') return;
      if (message.type !== 'DATA') throw new AnnexError('protocol', `expected DATA, not ${message.type}`);
      for await (const chunk of wire.receiveData(message.lengthBytes)) await write(stdin, chunk);
    }
  } finally {
    stdin.end();
  }
}

/** Resolves when the bytes may be overwritten; git that reads no more takes everything. */
async function write(stdin: NodeJS.WritableStream, chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => {
    stdin.write(chunk, () => resolve());
  });
}

const maxDataBytes = 65_536;
const spawnFailed = 128;
