/**
 * MIME types and encodings by the `file` program, which is libmagic as git-annex is built with it. One process for each of
 * the two, kept running, tells of one file after another.
 *
 *     /path/of/the/object LF     ->
 *     <- text/plain LF
 */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { AnnexError } from '../../types/annex-error.ts';
import { byteStringToBytes, bytesToByteString, type ByteString } from '../../util/byte-string.ts';

export type FileTypeKind = 'mime-type' | 'mime-encoding';

export class FileType {
  readonly #running = new Map<FileTypeKind, FileProcess>();

  /** Throws AnnexError('config') where there is no `file` program. */
  async of(path: ByteString, kind: FileTypeKind): Promise<ByteString> {
    let running = this.#running.get(kind);
    if (running === undefined) {
      running = new FileProcess(kind);
      this.#running.set(kind, running);
    }
    return await running.ask(path);
  }

  async close(): Promise<void> {
    for (const running of this.#running.values()) await running.end();
  }
}

interface Asked {
  readonly resolve: (answer: ByteString) => void;
  readonly reject: (error: Error) => void;
}

class FileProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #asked: Asked[] = [];
  readonly #ended: Promise<void>;
  #rest: ByteString = '';
  #failure: AnnexError | undefined;

  constructor(kind: FileTypeKind) {
    this.#child = spawn('file', ['--no-buffer', '--brief', `--${kind}`, '--files-from', '-']);
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.resume();
    this.#child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#ended = new Promise((resolve) => {
      const fail = (why: string): void => {
        this.#failure ??= new AnnexError(
          'config',
          `--${kind.replace('-', '')} needs the program "file": ${why}`,
        );
        for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
        resolve();
      };
      this.#child.once('error', (caught) => fail(caught.message));
      this.#child.once('close', () => fail('it ended early'));
    });
  }

  async ask(path: ByteString): Promise<ByteString> {
    if (this.#failure !== undefined) throw this.#failure;
    return await new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#child.stdin.write(byteStringToBytes(`${path}\n`));
    });
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  #receive(chunk: Buffer): void {
    const lines = (this.#rest + bytesToByteString(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#asked.shift()?.resolve(line);
  }
}
