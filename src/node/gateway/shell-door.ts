/**
 * The door of `annexus shell` into a running gateway: a unix socket in the repository, for its owner alone. A thin start
 * (bin/shell-start.js) hands its standard streams over, so that an ssh connection waits for no more than bare Node, and is
 * served by the process that has everything open already.
 *
 *     C: {"version":"0.1.0","argv":["p2pstdio","/srv/gw","UUID","--uuid","UUID"],"env":{…}} LF
 *     S: go LF          and from here on the conversation itself
 *     S: no LF          the shell starts in full, and says what is wrong
 */

import { join } from 'node:path';
import type { Socket } from 'node:net';
import type { Channel } from '../../p2p/channel.ts';
import { streamChannel } from '../channel/stream-channel.ts';
import { SocketDoor } from '../channel/socket-door.ts';
import { SharedFiles, type SharingRepository } from '../repository/shared-files.ts';

/** What a thin start says of itself. */
export interface ShellRequest {
  readonly version: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Serves one conversation; never rejects. */
export type ServeShell = (channel: Channel, signal: AbortSignal) => Promise<void>;

export interface ShellDoorOptions {
  readonly git: SharingRepository;
  /** What to do for a request; undefined where the shell has to start in full. */
  readonly accept: (request: ShellRequest) => Promise<ServeShell | undefined>;
}

/** Undefined where the path is too long for a socket, or another process has the door. */
export async function openShellDoor({ git, accept }: ShellDoorOptions): Promise<SocketDoor | undefined> {
  const files = new SharedFiles(git);
  const directory = join(files.annexDir, 'annexus');
  const path = join(directory, 'shell.sock');
  if (Buffer.byteLength(path) > maxSocketPathBytes) return undefined;
  // Others keep things there as well; the socket is this user's alone.
  await files.makeDirectory(directory);
  try {
    return await SocketDoor.open({ path }, async (socket, signal) => {
      socket.on('error', () => undefined);
      const request = await readRequest(socket);
      const serve = request && (await accept(request).catch(() => undefined));
      socket.write(serve === undefined ? 'no\n' : 'go\n');
      if (serve !== undefined) await serve(streamChannel(socket, socket), signal);
    });
  } catch {
    // The shell starts in full then.
    return undefined;
  }
}

/** The first line; undefined where it is none that a thin start sends. */
async function readRequest(socket: Socket): Promise<ShellRequest | undefined> {
  const line = await new Promise<string | undefined>((resolve) => {
    let text = '';
    const settle = (result: string | undefined): void => {
      socket.off('data', take).off('end', fail).off('close', fail).pause();
      clearTimeout(timer);
      resolve(result);
    };
    const take = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      if (text.endsWith('\n')) settle(text);
      else if (text.length > maxRequestChars) settle(undefined);
    };
    const fail = (): void => settle(undefined);
    const timer = setTimeout(fail, requestLimitMs);
    socket.on('data', take).on('end', fail).on('close', fail);
  });
  return line === undefined ? undefined : parseRequest(line);
}

function parseRequest(line: string): ShellRequest | undefined {
  try {
    const { version, argv, env } = JSON.parse(line) as Partial<ShellRequest>;
    const isSound =
      typeof version === 'string' &&
      Array.isArray(argv) &&
      argv.every((word) => typeof word === 'string') &&
      typeof env === 'object' &&
      Object.values(env).every((value) => typeof value === 'string');
    return isSound ? { version, argv, env } : undefined;
  } catch {
    return undefined;
  }
}

/** What a socket's address has room for. */
const maxSocketPathBytes = 100;
const maxRequestChars = 65_536;
const requestLimitMs = 5000;
