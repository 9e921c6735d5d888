/** Paths as git prints them where it quotes them: in double quotes, with the escapes of C. */

import { controlByLetter } from '../../util/c-escapes.ts';

/** The bytes of the path; the quoted text as it is where it is not as git quotes. */
export function unquotePath(quoted: Buffer): Buffer {
  const text = quoted.toString('latin1');
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return quoted;
  const path = text
    .slice(1, -1)
    .replace(/\\([0-7]{3}|.)/g, (_, escape: string) =>
      escape.length === 3
        ? String.fromCharCode(Number.parseInt(escape, 8) & 0xff)
        : (controlByLetter[escape] ?? escape),
    );
  return Buffer.from(path, 'latin1');
}
