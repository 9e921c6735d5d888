/**
 * A program that is started once and asked many times: each question is a piece on its standard input, and it answers in
 * that order. It may be asked before it has answered the last question.
 */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { AnnexError } from '../../types/annex-error.ts';
import { bytesToByteString, byteStringToBytes, type ByteString } from '../../util/byte-string.ts';

export interface AskedProgramOptions {
  readonly argv: readonly [program: string, ...args: string[]];
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** What ends a question, and each piece of an answer. */
  readonly separator: '\n' | '\0';
  /** How many pieces an answer has. */
  readonly piecesPerAnswer: number;
  /** What questions are answered with once it cannot be started or has ended. */
  readonly failure: (why: string) => AnnexError;
}

export class AskedProgram {
  readonly #options: AskedProgramOptions;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #asked: Asked[] = [];
  readonly #ended: Promise<void>;
  #pieces: ByteString[] = [];
  #rest: ByteString = '';
  #failure: AnnexError | undefined;

  constructor(options: AskedProgramOptions) {
    this.#options = options;
    const [program, ...args] = options.argv;
    const child = spawn(program, args, { cwd: options.cwd, env: options.env ?? process.env });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    child.stderr.resume();
    child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#ended = new Promise((resolve) => {
      const fail = (why: string): void => {
        this.#failure ??= options.failure(why);
        for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
        resolve();
      };
      child.once('error', (caught) => fail(caught.message));
      child.once('close', () => fail('it ended early'));
    });
  }

  /** The pieces of the answer. Rejects with the failure. */
  async ask(question: ByteString): Promise<readonly ByteString[]> {
    if (this.#failure !== undefined) throw this.#failure;
    return await new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#child.stdin.write(byteStringToBytes(question + this.#options.separator));
    });
  }

  /** Lets it answer what was asked, and end. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  #receive(chunk: Buffer): void {
    const { separator, piecesPerAnswer } = this.#options;
    const pieces = (this.#rest + bytesToByteString(chunk)).split(separator);
    this.#rest = pieces.pop() ?? '';
    for (const piece of pieces) {
      this.#pieces.push(piece);
      if (this.#pieces.length < piecesPerAnswer) continue;
      this.#asked.shift()?.resolve(this.#pieces);
      this.#pieces = [];
    }
  }
}

interface Asked {
  readonly resolve: (pieces: readonly ByteString[]) => void;
  readonly reject: (error: AnnexError) => void;
}
