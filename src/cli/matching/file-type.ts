/**
 * MIME types and encodings by the `file` program, which is libmagic as git-annex is built with it. One process for each of
 * the two, kept running, tells of one file after another.
 *
 *     /path/of/the/object LF     ->
 *     <- text/plain LF
 */

import { AnnexError } from '../../types/annex-error.ts';
import { AskedProgram } from '../../node/channel/asked-program.ts';
import type { ByteString } from '../../util/byte-string.ts';

export type FileTypeKind = 'mime-type' | 'mime-encoding';

export class FileType {
  readonly #running = new Map<FileTypeKind, AskedProgram>();

  /** Throws AnnexError('config') where there is no `file` program. */
  async of(path: ByteString, kind: FileTypeKind): Promise<ByteString> {
    let running = this.#running.get(kind);
    if (running === undefined) {
      running = startFile(kind);
      this.#running.set(kind, running);
    }
    const [answer = ''] = await running.ask(path);
    return answer;
  }

  async close(): Promise<void> {
    for (const running of this.#running.values()) await running.end();
  }
}

function startFile(kind: FileTypeKind): AskedProgram {
  const option = `--${kind.replace('-', '')}`;
  return new AskedProgram({
    argv: ['file', '--no-buffer', '--brief', `--${kind}`, '--files-from', '-'],
    separator: '\n',
    piecesPerAnswer: 1,
    failure: (why) => new AnnexError('config', `${option} needs the program "file": ${why}`),
  });
}
