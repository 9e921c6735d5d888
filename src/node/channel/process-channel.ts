/**
 * A program whose standard input and output are a Channel: git-annex-shell, ssh, or a helper that reaches a peer.
 *
 * It runs in a process group of its own, so that what it starts ends with it and an interrupt at the terminal does not
 * reach it before it was told to end. No such program outlives this process: those that are left at its exit are killed,
 * and where it is killed itself they see their standard input end.
 */

import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { AnnexError } from '../../types/annex-error.ts';
import type { Channel } from '../../p2p/channel.ts';
import { streamChannel } from './stream-channel.ts';

export interface ProcessChannelOptions {
  readonly argv: readonly string[];
  readonly cwd?: string | undefined;
  /** All of its environment; this process's own unless given. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** What an exit status means, where it means anything but a failure; ssh's 255 is that it could not connect. */
  readonly statusText?: ReadonlyMap<number, string> | undefined;
  /** How long it may take to end once it should, before it is killed; 4 s unless told. */
  readonly graceMs?: number | undefined;
}

export interface ProcessChannel extends Channel {
  readonly pid: number | undefined;
  /** Resolves when the process is gone, with its exit status; undefined where a signal ended it, or it did not start. */
  readonly exited: Promise<number | undefined>;
}

/**
 * Starts the program. Where it fails, reading and writing reject with AnnexError('peer') that names its exit status and
 * the last of what it said on standard error; where it cannot be started, with AnnexError('config').
 */
export function processChannel(options: ProcessChannelOptions): ProcessChannel {
  const [program = '', ...args] = options.argv;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });
  return new ChildChannel(child, program, options);
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

class ChildChannel implements ProcessChannel {
  readonly pid: number | undefined;
  readonly exited: Promise<number | undefined>;
  readonly #child: Child;
  readonly #program: string;
  readonly #options: ProcessChannelOptions;
  readonly #streams: Channel;
  readonly #graceMs: number;
  #stderr = '';
  #startFailure: Error | undefined;
  #isGone = false;
  #isDestroyed = false;

  constructor(child: Child, program: string, options: ProcessChannelOptions) {
    this.#child = child;
    this.#program = program;
    this.#options = options;
    this.#graceMs = options.graceMs ?? defaultGraceMs;
    this.pid = child.pid;
    this.#streams = streamChannel(child.stdout, child.stdin);
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-maxStderrChars);
    });
    child.stderr.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#startFailure = error;
        this.#gone();
        resolve(undefined);
      });
      // Not `close`: what the program left running may keep its standard error open.
      child.once('exit', (status) => {
        this.#gone();
        resolve(status ?? undefined);
      });
    });
    if (child.pid !== undefined) killAtExit(child);
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      const bytes = await this.#streams.read();
      if (bytes !== undefined) return bytes;
    } catch (error) {
      throw (await this.#failure()) ?? error;
    }
    const failure = await this.#failure();
    if (failure !== undefined) throw failure;
    return undefined;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#streams.write(bytes);
    } catch (error) {
      throw (await this.#failure()) ?? error;
    }
  }

  async end(): Promise<void> {
    await this.#streams.end();
  }

  destroy(reason?: Error): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#streams.destroy(reason);
    if (this.#isGone) return;
    killGroup(this.#child, 'SIGTERM');
    const timer = setTimeout(() => killGroup(this.#child, 'SIGKILL'), this.#graceMs);
    timer.unref();
    void this.exited.then(() => clearTimeout(timer));
  }

  /** How the process ended, where it did and not well. One that closed its output without ending is ended. */
  async #failure(): Promise<AnnexError | undefined> {
    if (this.#isDestroyed) return undefined;
    const status = await this.#statusSoon();
    if (this.#isDestroyed) return undefined;
    if (this.#startFailure !== undefined) {
      const { message } = this.#startFailure;
      return new AnnexError('config', `${this.#program} cannot be started: ${message}`, {
        cause: this.#startFailure,
      });
    }
    if (status === 0) return undefined;
    const meaning = status === undefined ? undefined : this.#options.statusText?.get(status);
    const how = status === undefined ? 'was ended by a signal' : `ended with exit status ${status}`;
    const said = this.#stderr.trim().replaceAll(/\s*\n\s*/g, '; ');
    return new AnnexError('peer', [meaning ?? `${this.#program} ${how}`, said].filter(Boolean).join(': '));
  }

  async #statusSoon(): Promise<number | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#graceMs);
      timer.unref();
    });
    await Promise.race([this.exited, late]);
    clearTimeout(timer);
    if (!this.#isGone) {
      killGroup(this.#child, 'SIGKILL');
      await this.exited;
    }
    // What it said last may come a little after its end.
    if (!this.#child.stderr.readableEnded) await new Promise((resolve) => setTimeout(resolve, stderrGraceMs));
    return await this.exited;
  }

  #gone(): void {
    this.#isGone = true;
    running.delete(this.#child);
  }
}

const running = new Set<ChildProcess>();
let isWatching = false;

function killAtExit(child: ChildProcess): void {
  running.add(child);
  if (isWatching) return;
  isWatching = true;
  process.once('exit', () => {
    for (const left of running) killGroup(left, 'SIGKILL');
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The whole group has ended already.
  }
}

const maxStderrChars = 4096;
const defaultGraceMs = 4000;
const stderrGraceMs = 50;
