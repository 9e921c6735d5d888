/** The lines of standard input, for commands that answer each (`--batch`). */

import { byteStringToText, bytesToByteString } from '../util/byte-string.ts';
import type { Terminal } from './terminal.ts';

/** A last line without an end counts. With `endsWithNUL` lines end with NUL (`-z`). */
export async function* batchLines(
  { input }: Pick<Terminal, 'input'>,
  { endsWithNUL }: { readonly endsWithNUL: boolean },
): AsyncGenerator<string> {
  const end = endsWithNUL ? '\0' : '\n';
  let rest = '';
  for await (const chunk of input()) {
    const lines = (rest + bytesToByteString(chunk)).split(end);
    rest = lines.pop() ?? '';
    for (const line of lines) yield byteStringToText(line);
  }
  if (rest !== '') yield byteStringToText(rest);
}
