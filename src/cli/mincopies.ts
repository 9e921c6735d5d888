/** `annexus mincopies [N]`, as git-annex's: how many copies of each file there must be, whatever happens. */

import { copiesCommand } from './copies-command.ts';
import type { OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';

export async function minCopies(
  words: readonly string[],
  options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  return await copiesCommand('mincopies', { ...options, words }, terminal);
}
