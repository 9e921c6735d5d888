/** `annexus numcopies [N]`, as git-annex's: how many copies of each file there should be. */

import { copiesCommand } from './copies-command.ts';
import type { OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';

export async function numCopies(
  words: readonly string[],
  options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  return await copiesCommand('numcopies', { ...options, words }, terminal);
}
