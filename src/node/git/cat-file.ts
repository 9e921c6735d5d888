/**
 * Reads objects through one long-lived `git cat-file --batch`, many requests on the way at once.
 *
 *     refs/heads/git-annex:uuid.log LF        ->
 *     <- 9daad55acb98c75b1577fe3605e603829e74ea0a blob 126 LF ...126 bytes... LF
 *     refs/heads/git-annex:none LF            ->
 *     <- refs/heads/git-annex:none missing LF
 *
 * With `headersOnly` it is `--batch-check`, and no bytes come. Git resolves refs anew for each request and looks for new packs by itself. The process ends after a minute without
 * requests, and never keeps the program alive while idle.
 */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Socket } from 'node:net';
import { AnnexError } from '../../types/annex-error.ts';
import { type ByteString, byteStringToBytes } from '../../util/byte-string.ts';
import { CatFileParser, type GitObject } from './cat-file-parser.ts';
import { gitEnvironment } from './git-environment.ts';
import { runGit } from './run-git.ts';

export type { GitObject } from './cat-file-parser.ts';

export interface CatFileOptions {
  /** A minute unless told. */
  readonly idleMs?: number | undefined;
  /** Objects come without their bytes, so that they may be of any size. */
  readonly headersOnly?: boolean | undefined;
}

export class CatFile {
  readonly #gitDir: string;
  readonly #idleMs: number;
  readonly #headersOnly: boolean;
  #process: BatchProcess | undefined;
  #closed = false;
  /** Requests that wait for room, oldest first. */
  readonly #waiting: Request[] = [];

  constructor(gitDir: string, options: CatFileOptions = {}) {
    this.#gitDir = gitDir;
    this.#idleMs = options.idleMs ?? 60_000;
    this.#headersOnly = options.headersOnly === true;
  }

  /**
   * The object that git knows under this name; undefined where there is none. Throws AnnexError('remote') where git
   * fails or the object is larger than 64 MiB.
   */
  async read(name: ByteString): Promise<GitObject | undefined> {
    if (this.#closed) throw new AnnexError('invariant', 'objects were asked of a closed repository');
    if (name.includes('\n')) return await this.#readAlone(name);
    return await new Promise<GitObject | undefined>((resolve, reject) => {
      this.#waiting.push({ name, resolve, reject, tries: 0 });
      this.#feed();
    });
  }

  /** Ends git once what was asked is answered; later requests are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = this.#process;
    if (running === undefined) return;
    running.endWhenDone();
    await running.ended;
  }

  #feed(): void {
    if (this.#waiting.length === 0) return;
    this.#process ??= this.#start();
    const process = this.#process;
    while (this.#waiting.length > 0 && process.inFlight < maxInFlight) {
      const request = this.#waiting.shift();
      if (request !== undefined) process.ask(request);
    }
  }

  #start(): BatchProcess {
    const process = new BatchProcess(this.#gitDir, {
      idleMs: this.#idleMs,
      headersOnly: this.#headersOnly,
      answered: () => this.#feed(),
      ended: (unanswered, why) => {
        if (this.#process === process) this.#process = undefined;
        this.#again(unanswered, why);
      },
    });
    return process;
  }

  /** Git died: what it has not answered is asked once more of a new one. */
  #again(unanswered: readonly Request[], why: AnnexError): void {
    const retried: Request[] = [];
    for (const request of unanswered) {
      if (request.tries > 1) request.reject(why);
      else retried.push(request);
    }
    this.#waiting.unshift(...retried);
    this.#feed();
  }

  /** A name with a line feed does not fit the line protocol. */
  async #readAlone(name: ByteString): Promise<GitObject | undefined> {
    const text = Buffer.from(name, 'latin1').toString();
    if (Buffer.from(text).toString('latin1') !== name || name.includes('\0')) return undefined;
    const options = { cwd: this.#gitDir, gitDir: this.#gitDir };
    const found = await runGit(['rev-parse', '--verify', '--quiet', '--end-of-options', text], {
      ...options,
      allow: [0, 1, 128],
    });
    const id = found.stdout.toString('latin1').trim().split('\n').at(-1) ?? '';
    return found.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(id) ? await this.read(id) : undefined;
  }
}

interface Request {
  readonly name: ByteString;
  readonly resolve: (object: GitObject | undefined) => void;
  readonly reject: (error: AnnexError) => void;
  /** How many processes it was asked of. */
  tries: number;
}

interface BatchOptions {
  readonly idleMs: number;
  readonly headersOnly: boolean;
  readonly answered: () => void;
  readonly ended: (unanswered: readonly Request[], why: AnnexError) => void;
}

class BatchProcess {
  readonly ended: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #options: BatchOptions;
  readonly #asked: Request[] = [];
  readonly #parser: CatFileParser;
  #outgoing: ByteString = '';
  #isEnding = false;
  #idle: NodeJS.Timeout | undefined;
  #stderr = '';
  #failure: AnnexError | undefined;

  constructor(gitDir: string, options: BatchOptions) {
    this.#options = options;
    const { headersOnly } = options;
    this.#parser = new CatFileParser(headersOnly ? undefined : maxObjectBytes);
    const child = spawn('git', ['cat-file', headersOnly ? '--batch-check' : '--batch'], {
      cwd: gitDir,
      env: gitEnvironment(gitDir),
    });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2048);
    });
    child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.ended = new Promise((resolve) => {
      child.once('error', (caught) => {
        this.#failure ??= new AnnexError('config', `git cannot be started in ${gitDir}: ${caught.message}`);
      });
      child.once('close', () => {
        clearTimeout(this.#idle);
        resolve();
        options.ended(this.#asked, this.#failure ?? this.#died(gitDir));
      });
    });
    this.#restWhenIdle();
  }

  /** A process on its way out takes no more requests: they wait for the next one. */
  get inFlight(): number {
    return this.#isEnding ? Number.POSITIVE_INFINITY : this.#asked.length;
  }

  ask(request: Request): void {
    request.tries++;
    if (this.#asked.length === 0) this.#wake();
    this.#asked.push(request);
    // All that is asked in one turn of the event loop goes out in one write.
    if (this.#outgoing === '') queueMicrotask(() => this.#send());
    this.#outgoing += `${request.name}\n`;
  }

  endWhenDone(): void {
    this.#isEnding = true;
    clearTimeout(this.#idle);
    this.#hold(true);
    this.#send();
    this.#child.stdin.end();
  }

  #send(): void {
    if (this.#outgoing === '') return;
    this.#child.stdin.write(byteStringToBytes(this.#outgoing));
    this.#outgoing = '';
  }

  #receive(chunk: Buffer): void {
    try {
      this.#parser.push(chunk, (object) => this.#answer(object));
    } catch (caught) {
      this.#failure ??= caught as AnnexError;
      this.#isEnding = true;
      this.#child.kill('SIGKILL');
      return;
    }
    if (this.#asked.length === 0) this.#restWhenIdle();
    this.#options.answered();
  }

  #answer(object: GitObject | 'missing' | 'too-large'): void {
    const request = this.#asked.shift();
    if (request === undefined) throw new AnnexError('remote', 'git cat-file answered what was not asked');
    if (object === 'too-large') {
      request.reject(
        new AnnexError('remote', `the git object ${request.name} is larger than ${maxObjectBytes} bytes`),
      );
    } else request.resolve(object === 'missing' ? undefined : object);
  }

  #died(gitDir: string): AnnexError {
    const why = this.#stderr.trim() === '' ? 'it ended early' : this.#stderr.trim().replaceAll('\n', '; ');
    return new AnnexError('remote', `git cat-file in ${gitDir} failed: ${why}`);
  }

  #wake(): void {
    clearTimeout(this.#idle);
    this.#hold(true);
  }

  #restWhenIdle(): void {
    if (this.#isEnding) return;
    clearTimeout(this.#idle);
    this.#hold(false);
    this.#idle = setTimeout(() => this.endWhenDone(), this.#options.idleMs);
    this.#idle.unref();
  }

  /** Whether the process keeps the program alive. */
  #hold(alive: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    for (const handle of [this.#child, stdin, stdout, stderr] as unknown as Socket[]) {
      if (alive) handle.ref();
      else handle.unref();
    }
  }
}

/** Bounds the memory of a burst of requests; enough to keep git busy. */
const maxInFlight = 256;
const maxObjectBytes = 64 * 1024 * 1024;
